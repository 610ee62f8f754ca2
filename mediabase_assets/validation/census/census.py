"""Takes the census: reads the snapshot once, gives every scalar its account, puts what nothing holds into quarantine, counts.

Contains the order of steps and what was counted. The rules about values are the grammar's, the look-ups are SQL.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, LiteralString, cast

from psycopg import sql

from mediabase_assets.audit.checks import failing_rows
from mediabase_assets.curation.decided import decided
from mediabase_assets.curation.file import Rules
from mediabase_assets.curation.records import record_rules
from mediabase_assets.model.finding import Finding
from mediabase_assets.model.grammar import GRAMMAR, Fate, Place
from mediabase_assets.model.reasons import REFUSALS
from mediabase_assets.postgres.sql_files import Connection, read, run
from mediabase_assets.settings.kinds import made
from mediabase_assets.validation.census import found, regular
from mediabase_assets.validation.census.walker import Number, Report, Spot, parse, walk

SQL = Path(__file__).parents[1] / "sql" / "leaf_census"
ACCOUNTED = "every_leaf_has_an_account"
READ_WHOLE = "every_value_of_a_row_was_read"
FOUND = "what_is_read_is_found_in_the_tables"
WITHIN_LIMIT = "no_more_values_are_refused_than_allowed"
#: Columns of rows: texts, and objects with what belongs to the transcript.
ROW_COLUMNS = (
    "transcript_id", "gene_symbol", "gene_id", "gene_type", "chromosome", "expression_fold_change", "coordinates", "features",
    "alt_transcript_ids",
)  # fmt: skip
#: Values of one place that are looked up in the tables.
SAMPLE = 200
#: Kinds of keys that are data: too many to be columns.
_DATA_KEYS = frozenset({"GO id", "drug key", "PharmGKB pathway"})
#: Distinct values of columns, in an order that does not depend on where they are stored.
_VALUES: LiteralString = """
  select p.field, p.digest, p.value
  from (select min(payload_id) as payload_id from legacy_payloads where field = any({}) group by field, digest) as d
  join legacy_payloads as p using (payload_id) order by p.payload_id"""
#: Bytes that no JSON text holds, so that a line of COPY is the JSON itself.
_RAW_LINES: LiteralString = "(format csv, delimiter E'\\x01', quote E'\\x02')"


@dataclass(frozen=True)
class Counted:
    """Scalars of one place and account.

    Attributes:
        legacy_column: The column.
        path: The place as the grammar names it; empty for scalars that no place takes.
        account: `read`, `archived`, `quarantined` or `repaired`.
        reason: Why it is in quarantine.
        leaves: How many.
    """

    legacy_column: str
    path: str
    account: str
    reason: str
    leaves: int


@dataclass(frozen=True)
class Census:
    """What was counted and checked."""

    counted: tuple[Counted, ...]
    findings: tuple[Finding, ...]

    @property
    def leaves(self) -> int:
        """All scalars."""
        return sum(c.leaves for c in self.counted)

    def by_column(self) -> list[dict[str, Any]]:
        """One row per legacy column: scalars by account."""
        table: dict[str, Counter[str]] = {}
        for each in self.counted:
            table.setdefault(each.legacy_column, Counter())[each.account] += each.leaves
        accounts = ("read", "archived", "repaired", "quarantined")
        return [{"legacy column": column, **{a: table[column][a] for a in accounts}} for column in sorted(table)]


def take_census(conn: Connection, migration_id: str, rules: Rules) -> Census:
    """Give every scalar its account and record the counts, in one transaction.

    Args:
        conn: A build session in a transaction; open scalars that nothing holds are put into its quarantine.
        migration_id: The migration; counts of an earlier attempt are replaced.
        rules: Of curators; values that they decide about do not count as refused.
    """
    spots = {column: Spot("$", place, SAMPLE) for column, place in GRAMMAR.items()}
    for name in ("open_leaves", "recorded"):
        run(conn, SQL / f"{name}.sql")
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n", dir=made(conn.temp_dir)) as waiting:
        _walk_values(conn, spots, waiting)
        _walk_rows(conn, spots, waiting)
        _load(conn, waiting)
    for name in ("whose_leaves", "held_leaves", "quarantine", "pathway_objects"):
        run(conn, SQL / f"{name}.sql")
    counted = (*_of_places(spots), *_of_open(conn))
    _record(conn, migration_id, counted)
    conn.execute("select set_config('mediabase.refusals', %s, true)", (",".join(sorted(REFUSALS)),))
    leaves = {"leaves": sum(c.leaves for c in counted)}
    findings = (
        failing_rows(conn, ACCOUNTED, sql.SQL(read(SQL / "without_account.sql")), leaves),
        failing_rows(conn, READ_WHOLE, sql.SQL(read(SQL / "values_not_read.sql")), {"columns": len(GRAMMAR)}),
        found.look_up(conn, FOUND, _with_samples(conn, spots)),
    )
    with decided(conn, rules) as matched:
        within = failing_rows(conn, WITHIN_LIMIT, sql.SQL(read(SQL / "too_many.sql")), {"reasons that refuse a value": len(REFUSALS)})
    conn.execute("drop view recorded")
    return Census(counted, (*findings, within, record_rules(conn, migration_id, rules, matched)))


def _record(conn: Connection, migration_id: str, counted: Iterable[Counted]) -> None:
    conn.execute("delete from leaf_census where migration_id = %s", (migration_id,))
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into leaf_census (migration_id, legacy_column, path, account, reason, leaves) values (%s, %s, %s, %s, %s, %s)",
            [(migration_id, c.legacy_column, c.path, c.account, c.reason, c.leaves) for c in counted],
        )


def _walk_values(conn: Connection, spots: dict[str, Spot], waiting: IO[str]) -> None:
    """Walk every distinct large value, once for all genes that hold it; those without keys that are data in batches."""
    columns = [column for column in spots if column not in ROW_COLUMNS]
    keyed = [column for column in columns if _is_ragged(GRAMMAR[column])]
    query = sql.SQL(_VALUES)
    with conn.cursor() as cursor, cursor.copy(sql.SQL("copy ({}) to stdout").format(query.format(sql.Literal(keyed)))) as copy:
        for column, digest, value in copy.rows():
            _walk_one(str(value), spots[str(column)], _report(waiting, str(column), digest=str(digest)))
    others = sorted(set(columns) - set(keyed))
    lines = sql.SQL("copy (select json_build_object(field, value, 'digest', digest) from ({}) as v) to stdout {}")
    with conn.cursor() as cursor, cursor.copy(lines.format(query.format(sql.Literal(others)), sql.SQL(_RAW_LINES))) as copy:
        for batch in regular.batches(copy):
            for line in regular.irregular_lines(batch, {column: spots[column] for column in others}):
                (column, value), (_, digest) = cast("dict[str, object]", parse(line.decode())).items()
                walk(value, spots[column], "$", _report(waiting, column, digest=str(digest)))


def _is_ragged(place: Place) -> bool:
    """Whether values have to be walked one by one: their keys are data, or they hold parts of any shape."""
    return any(name in _DATA_KEYS for _, name, _ in place.others) or any(leaf.fate is Fate.ARCHIVED for _, leaf in place.leaves())


def _walk_rows(conn: Connection, spots: dict[str, Spot], waiting: IO[str]) -> None:
    """Walk the columns of rows: regular values in batches, the others one by one."""
    query = sql.SQL("copy (select json_build_object({}) from legacy_rows) to stdout {}").format(_members(), sql.SQL(_RAW_LINES))
    own = {column: spots[column] for column in ROW_COLUMNS}
    with conn.cursor() as cursor, cursor.copy(query) as copy:
        for batch in regular.batches(copy):
            for line in regular.irregular_lines(batch, own):
                _walk_row(line.decode(), own, waiting)


def _members() -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("{}, {}").format(sql.Literal(c), sql.Identifier(c)) for c in ROW_COLUMNS)


def _walk_row(line: str, spots: dict[str, Spot], waiting: IO[str]) -> None:
    row = cast("dict[str, object]", parse(line))
    transcript = str(row["transcript_id"])
    for column, value in row.items():
        if value is not None:
            walk(value, spots[column], "$", _report(waiting, column, transcript=transcript))


def _walk_one(text: str, spot: Spot, report: Report) -> None:
    try:
        walk(parse(text), spot, "$", report)
    except RecursionError:  # nested too deeply: the whole value is quarantined
        report("$", "unexpected_kind", text)


def _report(waiting: IO[str], column: str, *, digest: str = "", transcript: str = "") -> Report:
    """A function that writes an open scalar as a line for COPY."""

    def write(path: str, reason: str, scalar: object) -> None:
        raw = str(scalar) if isinstance(scalar, Number) else json.dumps(scalar, ensure_ascii=False)
        fields = (column, digest or None, transcript or None, path, reason, raw)
        waiting.write("\t".join("\\N" if f is None else _escaped(f) for f in fields) + "\n")

    return write


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _load(conn: Connection, waiting: IO[str]) -> None:
    waiting.seek(0)
    with conn.cursor() as cursor, cursor.copy("copy open_leaves from stdin") as copy:
        while chunk := waiting.read(1 << 20):
            copy.write(chunk)
    conn.execute("analyze open_leaves")


def _of_places(spots: dict[str, Spot]) -> Iterator[Counted]:
    for column, spot in spots.items():
        for place in spot.spots():
            if place.scalars and place.leaf is not None:
                yield Counted(column, place.path, str(place.leaf.fate), "", place.scalars)


def _of_open(conn: Connection) -> Iterator[Counted]:
    """Open scalars by what holds them; those of quarantined genes and rows are quarantined with them."""
    for column, account, reason, leaves in conn.execute(sql.SQL(read(SQL / "open_accounts.sql"))).fetchall():
        if account == "with its row":
            yield Counted(str(column), "", "quarantined", "row_quarantined", int(leaves))
        else:
            yield Counted(str(column), "", str(account), str(reason), int(leaves))


def _with_samples(conn: Connection, spots: dict[str, Spot]) -> Iterable[tuple[str, Spot]]:
    """Every place with its column; those of rows get their sample from the rows whose digest is least."""
    own = {column: Spot("$", GRAMMAR[column], SAMPLE) for column in ROW_COLUMNS}
    query = sql.SQL(
        "select json_build_object({})::text from legacy_rows"
        " where transcript_id in (select transcript_id from legacy_rows order by row_digest, transcript_id limit {})"
    ).format(_members(), sql.Literal(SAMPLE))
    for line in conn.values(query):
        for column, value in cast("dict[str, object]", parse(line)).items():
            if value is not None:
                walk(value, own[column], "$", lambda *_: None)
    return [(column, place) for column, spot in {**spots, **own}.items() for place in spot.spots()]


def files() -> list[Path]:
    """The SQL files of the census."""
    return sorted(SQL.glob("*.sql"))
