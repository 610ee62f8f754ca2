"""A password in a file of its own, as container engines hand out secrets: what is read, and what is refused.

No message quotes the file's content. Which setting and which variable name the file is in `database` and `load`.
"""

import stat
from pathlib import Path

#: Where container engines put secrets; what is there is readable by every process of the container, which is one account.
ENGINES = Path("/run/secrets")
#: Bytes; a larger file is not that of a password.
LARGEST = 4096


def read_password(file: Path) -> str:
    """The password that a file holds, without the newline at its end.

    Args:
        file: Its whole path.

    Raises:
        ValueError: It is missing, no file, unreadable, empty, of more than one line, not text, or readable by every account.
    """
    try:
        if file.is_dir():
            raise ValueError(f"{file} is a folder; it should be the file with the password")
        content = file.read_bytes()
    except FileNotFoundError:
        raise ValueError(f"the file {file} does not exist") from None
    except OSError as error:
        raise ValueError(f"the file {file} cannot be read: {error.strerror}") from error
    if is_open_to_all(file):
        raise ValueError(f"every account of this machine can read the file {file}; use `chmod o-rwx {file}`")
    try:
        password = content.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError(f"the file {file} is not text in UTF-8") from None
    if not password.strip():
        raise ValueError(f"the file {file} is empty")
    if len(content) > LARGEST or any(character in password for character in "\r\n\0"):
        raise ValueError(f"the file {file} should hold the password in one line, and nothing else")
    return password


def is_open_to_all(file: Path) -> bool:
    """Whether accounts other than owner and group can read a file: by its own mode, and by those of all folders above it.

    Args:
        file: Its whole path.
    """
    real = file.resolve()
    if real.is_relative_to(ENGINES) or not real.stat().st_mode & stat.S_IROTH:
        return False
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in real.parents)
