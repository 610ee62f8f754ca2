"""Whether a backup would do: each question on its own, answered from the files alone, without a database."""

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mediabase_assets.backup.manifest import BackupFinding, BackupManifest, sha256_of
from mediabase_assets.backup.place import at_hand, record_verification
from mediabase_assets.model.quantities import size
from mediabase_assets.postgres.connect import client_tool

_ENTRIES = {
    "table": "TABLE",
    "partitioned table": "TABLE",
    "view": "VIEW",
    "materialized view": "MATERIALIZED VIEW",
    "foreign table": "FOREIGN TABLE",
    "sequence": "SEQUENCE",
}

#: Bytes that are read of an archive at a time, and the line that ends the rows of a table.
_BLOCK, _END = 1 << 20, b"\\.\n"

#: The names of the findings in their order, for check specifications.
FINDINGS = (
    "files_are_complete",
    "checksums_match",
    "archives_name_every_relation",
    "archives_can_be_read_whole",
    "row_counts_match",
)


def verify_backup(manifest: BackupManifest, *, progress: Callable[[str], None] | None = None) -> list[BackupFinding]:
    """Verify a backup and record the outcome beside it. One finding for each of `FINDINGS`, passed or not.

    Of one in a bucket, what is examined is what comes back from there.

    Raises:
        BackupError: The bucket cannot be read.
    """
    report = progress or (lambda sentence: None)
    with at_hand(manifest, report=report) as here:
        report("Comparing checksums")
        findings = [_files_are_complete(here), _checksums_match(here), _archives_name_every_relation(here)]
        report("Reading the archives")
        findings += _contents(here)
    record_verification(manifest, tuple(findings))
    return findings


def _files_are_complete(manifest: BackupManifest) -> BackupFinding:
    expected = {file.name: file.size_bytes for file in manifest.all_files}
    sizes = {name: _size(manifest.folder / name) for name in expected}
    differing = {name: f"{size(sizes[name]) or 'no file'}, {size(of)} expected" for name, of in expected.items() if sizes[name] != of}
    examined = {"size (bytes)": expected, "size found (bytes)": sizes, "differing": differing}
    return BackupFinding(name="files_are_complete", passed=not differing, examined=examined)


def _checksums_match(manifest: BackupManifest) -> BackupFinding:
    checksums = {}
    for file in manifest.all_files:
        path = manifest.folder / file.name
        checksums[file.name] = sha256_of(path) if path.is_file() else None
    changed = [file.name for file in manifest.all_files if checksums[file.name] != file.sha256]
    return BackupFinding(name="checksums_match", passed=not changed, examined={"sha256": checksums, "changed": changed})


def _archives_name_every_relation(manifest: BackupManifest) -> BackupFinding:
    missing: list[str] = []
    errors: dict[str, str] = {}
    for file in manifest.files:
        command = [str(client_tool("pg_restore")), "--list", str(manifest.folder / file.name)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode:
            errors[file.name] = _said(done.stderr)
        listing = done.stdout.decode(errors="replace")
        for relation in manifest.relations:
            entry = f" {_ENTRIES[relation.kind]} {relation.schema_name} {relation.name} "
            if relation.file == file.name and entry not in listing:
                missing.append(str(relation.relation))
    examined = {"relations": len(manifest.relations), "missing": missing, "errors": errors}
    return BackupFinding(name="archives_name_every_relation", passed=not missing and not errors, examined=examined)


def _contents(manifest: BackupManifest) -> list[BackupFinding]:
    rows: Counter[str] = Counter()
    sizes: dict[str, int] = {}
    errors: dict[str, str] = {}
    for file in manifest.files:
        counted, sizes[file.name], error = _read_whole(manifest.folder / file.name)
        rows.update(counted)
        if error:
            errors[file.name] = error
    expected = {str(r.relation): r.rows for r in manifest.relations if r.kind == "table"}
    differing = {n: {"expected": want, "found": rows.get(n)} for n, want in expected.items() if rows.get(n) != want}
    return [
        BackupFinding(
            name="archives_can_be_read_whole",
            passed=not errors,
            examined={"unpacked": {name: size(of) for name, of in sizes.items()}, "errors": errors},
        ),
        BackupFinding(name="row_counts_match", passed=not differing, examined={"rows": expected, "differing": differing}),
    ]


def _read_whole(archive: Path) -> tuple[dict[str, int], int, str]:
    """Rows of each table, bytes of SQL, and what pg_restore complains about, from one pass over an archive."""
    rows: Counter[str] = Counter()
    length = 0
    table: str | None = None
    rest = b""
    with unpacked(archive) as (stream, end):
        while block := stream.read(_BLOCK):
            length += len(block)
            table, rest = _count_rows(rest + block, table, rows)
        said, code = end()
    return dict(rows), length, _said(said) or f"exit code {code}" if code else ""


def _count_rows(text: bytes, table: str | None, rows: Counter[str]) -> tuple[str | None, bytes]:
    r"""Count the lines of COPY in a block that begins at the beginning of a line; the table at its end, and its last, incomplete line.

    >>> rows = Counter()
    >>> _count_rows(b"set x;\nCOPY a.b (c) FROM stdin;\n1\n2\n\\.\n--\nCOPY a.d (c) FROM stdin;\n1\n2", None, rows), dict(rows)
    (('a.d', b'2'), {'a.b': 2, 'a.d': 1})
    """
    position, last = 0, text.rfind(b"\n") + 1
    while position < last:
        if table is None:
            end = text.index(b"\n", position) + 1
            line = text[position:end]
            if line.startswith(b"COPY ") and line.endswith(b"FROM stdin;\n"):
                table = unquoted(line)
                rows[table] += 0
            position = end
            continue
        end = position if text.startswith(_END, position) else text.find(b"\n" + _END, position, last) + 1
        if end or text.startswith(_END, position):
            rows[table] += text.count(b"\n", position, end)
            position, table = end + len(_END), None
        else:
            rows[table] += text.count(b"\n", position, last)
            position = last
    return table, text[last:]


@contextmanager
def unpacked(archive: Path, *options: str) -> Iterator[tuple[IO[bytes], Callable[[], tuple[bytes, int]]]]:
    """The lines of SQL that pg_restore makes of an archive, and what ends it; killed where its lines are not read to the end.

    Args:
        archive: The archive.
        options: Of pg_restore.

    Yields:
        The lines; and, to be called after the last of them, what pg_restore complained about with its exit code.
    """
    command = [str(client_tool("pg_restore")), "--file=-", *options, str(archive)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        complaints = process.stderr
        try:
            yield process.stdout, lambda: (complaints.read(), process.wait())
        finally:
            if process.poll() is None:
                process.kill()


def unquoted(line: bytes) -> str:
    """`schema.name` of a COPY line that pg_dump wrote."""
    name = line[len(b"COPY ") : -len(b" FROM stdin;\n")].decode(errors="replace")
    parts: list[str] = []
    position = 0
    while position < len(name) and name[position] != " ":
        if name[position] == '"':
            end = position + 1
            while name[end : end + 2] == '""' or name[end] != '"':
                end += 2 if name[end : end + 2] == '""' else 1
            parts.append(name[position + 1 : end].replace('""', '"'))
            position = end + 1
        else:
            end = min((i for i in (name.find(".", position), name.find(" ", position)) if i >= 0), default=len(name))
            parts.append(name[position:end])
            position = end
        position += name[position : position + 1] == "."
    return ".".join(parts)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _said(stderr: bytes) -> str:
    return " ".join(stderr.decode(errors="replace").replace("pg_restore: error: ", "").split())[:500]
