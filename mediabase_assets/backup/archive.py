"""Reading an archive: its entries and what they depend on, the SQL of chosen ones, the rows of chosen tables.

Everything comes from pg_restore, which prints SQL and needs no server; where the SQL is run, and where the rows go, is
decided by the callers.
"""

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mediabase_assets.backup.verify import unpacked, unquoted
from mediabase_assets.model.errors import BackupError
from mediabase_assets.postgres.connect import client_tool

_LINE = re.compile(r"^(\d+); (\d+) (\d+) (.*)$")
_DEPENDS = re.compile(r"^;\s+depends on: ([\d ]+)$")
#: Kinds of entries, the longer names first.
_KINDS = (
    "MATERIALIZED VIEW DATA", "MATERIALIZED VIEW", "SEQUENCE OWNED BY", "SEQUENCE SET", "FK CONSTRAINT", "CHECK CONSTRAINT",
    "INDEX ATTACH", "TABLE ATTACH", "TABLE DATA", "FOREIGN TABLE", "CONSTRAINT", "SEQUENCE", "TRIGGER", "COMMENT", "DEFAULT", "INDEX",
    "TABLE", "VIEW", "RULE", "ACL", "STATISTICS",
)  # fmt: skip
#: Those that are made before rows come, in the archive's order; the others come after them.
BEFORE_ROWS = ("TABLE", "SEQUENCE", "SEQUENCE OWNED BY", "DEFAULT", "CHECK CONSTRAINT", "TABLE ATTACH")
_HEADER = "\n--\n-- Name: "


@dataclass(frozen=True)
class Entry:
    """One entry of an archive: its number, kind, words (schema, names, owner), what it depends on, and its oids in the catalogue."""

    number: int
    kind: str
    words: str
    depends_on: tuple[int, ...]
    line: str
    origin: tuple[int, int] = (0, 0)

    @property
    def object_name(self) -> str:
        """The last name: of an index, a constraint, a trigger. Only for those of plain names."""
        return self.words.split(" ")[-2] if self.words.count(" ") else ""


def entries(archive: Path) -> list[Entry]:
    """The entries of an archive in their order.

    Raises:
        BackupError: pg_restore cannot read it.
    """
    listing: list[Entry] = []
    for line in _run("--list", "--verbose", str(archive)).decode(errors="replace").splitlines():
        match, depends = _LINE.match(line), _DEPENDS.match(line)
        if match:
            kind = next((k for k in _KINDS if match[4].startswith(k + " ")), match[4].partition(" ")[0])
            listing.append(Entry(int(match[1]), kind, match[4][len(kind) + 1 :], (), line, (int(match[2]), int(match[3]))))
        elif depends and listing:
            last = listing[-1]
            listing[-1] = replace(last, depends_on=tuple(map(int, depends[1].split())))
    return listing


def entries_of(listing: Iterable[Entry], schema: str, name: str) -> list[Entry]:
    """The entries that make a relation: itself, and what depends on it alone (rows, keys, indexes, triggers, comments, privileges)."""
    listing = list(listing)
    start = f"{schema} {name} "
    own = [e for e in listing if e.kind in ("TABLE", "VIEW", "MATERIALIZED VIEW") and e.words.startswith(start)]
    numbers = {e.number for e in own}
    dependent_kinds = ("INDEX", "CONSTRAINT", "FK CONSTRAINT", "CHECK CONSTRAINT", "TRIGGER", "DEFAULT", "COMMENT", "ACL", "STATISTICS",
               "TABLE DATA", "MATERIALIZED VIEW DATA", "SEQUENCE", "SEQUENCE OWNED BY", "RULE")  # fmt: skip
    chosen = [*own]
    for entry in listing:
        named = (f"{schema} {kind} {name} " for kind in ("TABLE", "VIEW", "MATERIALIZED VIEW"))
        names_it = entry.words.startswith((start, *named, f"{schema} COLUMN {name}."))
        # a foreign key depends on two tables and names its own first; an index names none
        depends = entry.kind == "INDEX" and numbers & set(entry.depends_on)
        if entry.kind in dependent_kinds and (names_it or depends):
            chosen.append(entry)
    sequences = [f"{schema} SEQUENCE {e.words.split(' ')[1]} " for e in chosen if e.kind == "SEQUENCE"]
    sets = [e for e in listing if e.kind == "SEQUENCE SET" and any(e.words.startswith(s.replace(" SEQUENCE", "", 1)) for s in sequences)]
    return sorted({*chosen, *sets}, key=listing.index)


def sql_of(archive: Path, chosen: Iterable[Entry], *, with_owner: bool = True) -> str:
    """The statements of entries, without rows and without settings of the session.

    Raises:
        BackupError: pg_restore cannot read the archive.
    """
    wanted = [e for e in chosen if e.kind != "TABLE DATA"]
    if not wanted:
        return ""
    with _listed(wanted) as listing:
        text = _run("--file=-", f"--use-list={listing}", *(() if with_owner else ("--no-owner",)), str(archive)).decode()
    _, header, body = text.partition(_HEADER)
    lines = (header + body).splitlines()
    return "\n".join(line for line in lines if not line.startswith(("\\restrict ", "\\unrestrict ")))


def stream_rows(archive: Path, chosen: Iterable[Entry], start: Callable[[str, tuple[str, ...]], Callable[[bytes], None] | None]) -> None:
    """Hand on the rows of tables as the text that COPY reads.

    Args:
        archive: Where they are.
        chosen: Entries of kind TABLE DATA.
        start: Called with the name of a table and its columns before its rows, returns what takes them; called once more
            with an empty name at the end.

    Raises:
        BackupError: pg_restore cannot read the archive to its end.
    """
    wanted = [e for e in chosen if e.kind == "TABLE DATA"]
    if not wanted:
        return
    with _listed(wanted) as listing:
        with unpacked(archive, f"--use-list={listing}") as (lines, end):
            _hand_on(lines, start)
            said, code = end()
        if code:
            raise _unreadable(archive, said.decode(errors="replace"))


def _hand_on(lines: Iterable[bytes], start: Callable[[str, tuple[str, ...]], Callable[[bytes], None] | None]) -> None:
    take: Callable[[bytes], None] | None = None
    is_in_rows = False
    for line in lines:
        if not is_in_rows:
            if line.startswith(b"COPY ") and line.endswith(b"FROM stdin;\n"):
                take, is_in_rows = start(unquoted(line), columns_of(line)), True
        elif line == b"\\.\n":
            start("", ())
            is_in_rows = False
        elif take is not None:
            take(line)


def columns_of(line: bytes) -> tuple[str, ...]:
    r"""The columns of a COPY line that pg_dump wrote.

    >>> columns_of(b'COPY public.a (x, "odd, ""name") FROM stdin;\n')
    ('x', 'odd, "name')
    """
    text = line.decode(errors="replace")
    inside = re.search(r' \(((?:[^"()]|"(?:[^"]|"")*")*)\) FROM stdin;\n$', text)
    names = re.findall(r'"(?:[^"]|"")*"|[^",\s]+', inside[1]) if inside else []
    return tuple(n[1:-1].replace('""', '"') if n.startswith('"') else n for n in names)


@contextmanager
def _listed(chosen: Iterable[Entry]) -> Iterator[str]:
    with tempfile.NamedTemporaryFile("w", prefix="mediabase-list-", suffix=".txt") as file:
        file.writelines(f"{entry.line}\n" for entry in chosen)
        file.flush()
        yield file.name


def _run(*arguments: str) -> bytes:
    done = subprocess.run([str(client_tool("pg_restore")), *arguments], capture_output=True, check=False)
    if done.returncode:
        raise _unreadable(Path(arguments[-1]), done.stderr.decode(errors="replace"))
    return done.stdout


def _unreadable(archive: Path, said: str) -> BackupError:
    return BackupError(
        f"pg_restore cannot read an archive: {' '.join(said.replace('pg_restore: error: ', '').split())[:500]}.",
        where=str(archive),
        next_step="Do not use this backup; bring its files back from a copy, or use another one.",
    )
