"""The folder into which files of patients are put: which files it holds, whose they are, and which are new and complete.

Contains the look at the folder; what follows is the sensor's. The id of a patient is the name of the file without its endings.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mediabase_assets.model.patients import PATIENT_ID

#: Endings that are no part of an id.
ENDINGS = (".csv", ".tsv", ".txt", ".tab", ".tabular", ".diff", ".xls", ".xlsx", ".parquet", ".gz")
#: Endings and beginnings of files that a program has not finished.
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".swp")
_HIDDEN = (".", "~$")
#: Seconds since the last change after which a file counts as complete.
QUIET = 5.0
_PIECE = 1 << 20


@dataclass(frozen=True)
class Arrived:
    """A file that is complete and was not imported yet.

    Attributes:
        patient_id: Whose.
        run_key: Names the id and the content; equal for a content that was imported before, unless another one came between.
    """

    patient_id: str
    run_key: str


@dataclass(frozen=True)
class Look:
    """What the folder holds.

    Attributes:
        arrived: New contents.
        growing: How many files are not complete yet.
        refused: How many files have a name that is no id, or share one.
        cursor: What was seen, for the next look; it holds hashes, no names.
    """

    arrived: tuple[Arrived, ...]
    growing: int
    refused: int
    cursor: str


def id_of(name: str) -> str | None:
    """The id that a file is named after; None if it is none that is allowed.

    >>> id_of("HER2-001.csv.gz"), id_of("1.csv"), id_of("a b.csv"), id_of("README"), id_of("HER2-001.pdf")
    ('HER2-001', None, None, None, None)
    """
    stem, has_ending = name, False
    while (ending := Path(stem).suffix).lower() in ENDINGS and ending:
        stem, has_ending = stem.removesuffix(ending), True
    return stem if has_ending and PATIENT_ID.fullmatch(stem) else None


def files_by_id(folder: Path) -> dict[str, Path]:
    """The files of patients in a folder; of several of one id none."""
    found: dict[str, list[Path]] = {}
    for file in _files(folder):
        patient_id = id_of(file.name)
        if patient_id:
            found.setdefault(patient_id, []).append(file)
    return {patient_id: files[0] for patient_id, files in sorted(found.items()) if len(files) == 1}


def look(folder: Path, cursor: str, *, now: float | None = None) -> Look:
    """Look at a folder.

    Args:
        folder: Which.
        cursor: That of the last look.
        now: Seconds since the epoch.

    Raises:
        OSError: It cannot be read.
    """
    now = time.time() if now is None else now
    seen: Mapping[str, list[object]] = json.loads(cursor) if cursor else {}
    here, arrived, growing = dict[str, list[object]](), list[Arrived](), 0
    files = files_by_id(folder)
    for patient_id, file in files.items():
        stat = file.stat()
        name, state = _digest(file.name.encode()), [stat.st_size, stat.st_mtime_ns]
        before = seen.get(name)
        if before and before[:2] == state:
            here[name] = list(before)
            continue
        if now - stat.st_mtime < QUIET:
            growing += 1
            here |= {name: list(before)} if before else {}
            continue
        key, changes = _content_key(patient_id, file), int(str(before[3])) if before else 0
        if before and before[2] == key:
            here[name] = [*state, key, changes]
            continue
        changes += bool(before)
        here[name] = [*state, key, changes]
        arrived.append(Arrived(patient_id, f"{key}-{changes}" if changes else key))
    refused = sum(1 for _ in _files(folder)) - len(files)
    return Look(tuple(arrived), growing, refused, json.dumps(here, sort_keys=True))


def _files(folder: Path) -> list[Path]:
    return sorted(
        file for file in folder.iterdir()
        if not file.name.startswith(_HIDDEN) and file.suffix.lower() not in _UNFINISHED and file.is_file()
    )  # fmt: skip


def _content_key(patient_id: str, file: Path) -> str:
    digest = hashlib.sha256(patient_id.encode() + b"\0")
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
