"""The files of a report, in one folder for each migration: the page, its JSON twin, and the numbers for MultiQC.

Contains names and writing; each file appears whole or not at all.
"""

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.report.page import multiqc
from mediabase_assets.report.page.reader import Row
from mediabase_assets.report.page.render import render
from mediabase_assets.settings.load import Settings

PAGE, TWIN = "report.html", "report.json"


class Written(NamedTuple):
    """A report that was written: the page, its twin, those for MultiQC, bytes of the page."""

    page: Path
    twin: Path
    others: tuple[Path, ...]
    size_bytes: int


def folder_of(settings: Settings, migration_id: str) -> Path:
    """Where the report of a migration is."""
    return settings.home / "reports" / Path(migration_id).name


def write(settings: Settings, document: Row, output: Path | None = None) -> Written:
    """Write a report into its folder, or the page to a file and its twin beside that.

    Args:
        settings: The settings.
        document: The report.
        output: Another file for the page; the twin has its name with the ending `.json`, and nothing is written for MultiQC.

    Raises:
        ConfigurationError: A file cannot be written.
    """
    page = output or folder_of(settings, document["migration"]["migration_id"]) / PAGE
    twin = page.with_name(TWIN) if output is None else page.with_name(f"{page.stem}.json")
    if twin == page:
        raise ConfigurationError(
            "The page and its JSON twin would be the same file.", where=str(page), next_step="Give a file that ends in .html."
        )
    text = render(document).encode()
    contents = {page: text, twin: encoded(document)}
    others = multiqc.files(document) if output is None else {}
    contents |= {page.with_name(name): encoded(content) for name, content in others.items()}
    for path, content in contents.items():
        _write(path, content)
    return Written(page, twin, tuple(page.with_name(name) for name in others), len(text))


def encoded(content: Row) -> bytes:
    """A document as JSON text."""
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    """Write a file beside its place, and move it there."""
    aside = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        number, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(number, "wb") as file:
            file.write(content)
        Path(aside).chmod(0o644)
        Path(aside).replace(path)
    except OSError as error:
        if aside:
            with suppress(OSError):
                Path(aside).unlink(missing_ok=True)
        raise ConfigurationError(
            f"The report cannot be written: {error.strerror}.",
            where=str(path),
            next_step="Free space there, or name another file with `mediabase report --output`.",
        ) from error
