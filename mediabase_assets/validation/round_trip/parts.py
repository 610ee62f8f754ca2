"""The parts of the round trip: reading both sides, the comparisons, and the stored tables against the expected ones.

Contains the parts, and the schema in which they work; `compare` has their result, `postgres.parallel` shares them among sessions.
The rules are in the SQL (`validation/sql/round_trip`).
"""

from functools import partial
from pathlib import Path

from psycopg import sql

from mediabase_assets.extraction.rules import define_rules
from mediabase_assets.extraction.snapshot import create_legacy_source, read_as
from mediabase_assets.legacy.table import LegacyDescription, describe_legacy_table
from mediabase_assets.model.legacy import LEGACY_COLUMNS, OTHER_VERSIONS_COLUMNS, Fate
from mediabase_assets.model.tables import RELATIONS, Relation
from mediabase_assets.postgres.content_hash import hash_columns
from mediabase_assets.postgres.parallel import Part, part
from mediabase_assets.postgres.sql_files import Connection, is_there, read, run
from mediabase_assets.settings.load import Settings
from mediabase_assets.validation.round_trip import curated
from mediabase_assets.views.definition import QUERIES

SQL = Path(__file__).parents[1] / "sql" / "round_trip"
COMPAT = "cancer_transcript_base_compat"
COMPAT_FILE = QUERIES / f"{COMPAT}.sql"
#: The files that read the legacy side, in one snapshot of the database.
_LEGACY = ("legacy_read", "rows_of_snapshot", "legacy_rows_resolved", "legacy_values", "values_of_snapshot")
#: First those that other parts wait for, then those that take longest.
_COMPARISONS = (
    "expected_genes", "references", "go", "identifiers", "drugs", "transcripts", "pharmgkb", "pathways", "annotations", "remaining",
    "tables_of_pathways", "tables_of_publications", "tables_of_genes", "tables_of_drugs", "tables_of_go",
)  # fmt: skip


def parts_of(settings: Settings) -> list[Part]:
    """All parts, in an order in which one session can run them.

    Args:
        settings: Where the legacy table is.
    """
    texts = {name: read(SQL / f"{name}.sql") for name in (*_LEGACY, "view_values", *_COMPARISONS)}
    legacy = partial(_read_legacy, settings=settings)
    cells = {f"derived__{r.name}": r for r in RELATIONS}
    return [
        part("legacy", legacy, (texts[name] for name in _LEGACY), is_one_look=True, has_helper=True),
        part("view", _read_view, [texts["view_values"]]),
        *(part(name, partial(run, path=SQL / f"{name}.sql"), [texts[name]]) for name in _COMPARISONS),
        *(
            Part(name, partial(_compare_table, relation=r), makes=frozenset({name}), reads=frozenset({f"expected__{r.name}"}))
            for name, r in cells.items()
        ),
        Part("derived", _put_together, makes=frozenset({"derived"}), reads=frozenset(cells)),
    ]


def make_scratch(conn: Connection) -> str:
    """Create a schema that is named after the session's process, so that those of dead processes are recognized; returns its name.

    `runs.cleanup` drops those of dead processes.
    """
    name: str = conn.value("select format('mediabase_round_trip_%s', pg_backend_pid())")
    conn.execute(sql.SQL("create schema {}").format(sql.Identifier(name)))
    return name


def look_in(conn: Connection, scratch: str, schemas: list[str], *, is_local: bool) -> None:
    """Put the scratch schema first in the search path of a session, or of its transaction only.

    Rough statistics are enough to choose between joins; finer ones of wide rows cost seconds.
    """
    path = sql.SQL(", ").join(map(sql.Identifier, [scratch, *schemas])).as_string(conn)
    for setting, value in (("search_path", path), ("default_statistics_target", "10")):
        conn.execute("select set_config(%s, %s, %s)", (setting, value, is_local))


def make_results(conn: Connection) -> None:
    """Create the empty results, and the functions that read values, which all parts use."""
    run(conn, SQL / "results.sql")
    define_rules(conn)
    run(conn, SQL / "readers.sql")


def _read_legacy(conn: Connection, settings: Settings) -> None:
    """Read the legacy table in one pass, and its large values once for each gene."""
    schema, table = settings.database.source_schema, settings.database.legacy_table
    legacy = describe_legacy_table(conn, schema, table)
    conn.execute(create_legacy_source(legacy, hash_columns(conn, schema, table, include_timestamps=True), schema, table))
    conn.execute(_create_legacy_large(legacy, schema, table))
    run(conn, SQL / "legacy_read.sql")
    has_snapshot = _snapshot_is_there(conn)
    has_rules = has_snapshot and curated.take_rows(conn)
    if has_snapshot:
        _run_on_snapshot(conn, SQL / "rows_of_snapshot.sql")
    else:
        conn.execute("create unlogged table rows_changed (transcript_id text, how text)")
    run(conn, SQL / "legacy_rows_resolved.sql")
    run(conn, SQL / "legacy_values.sql")
    if has_snapshot:
        _run_on_snapshot(conn, SQL / "values_of_snapshot.sql")
    if has_rules:
        curated.take_values(conn)


def _read_view(conn: Connection) -> None:
    """Create the compatibility view from its file, and read its values."""
    conn.execute(sql.SQL("create view {} as {}").format(sql.Identifier(COMPAT), sql.SQL(read(COMPAT_FILE))))
    run(conn, SQL / "view_values.sql")


def _create_legacy_large(legacy: LegacyDescription, schema: str, table: str) -> sql.Composed:
    """A view of the large values only, NULL where the table does not have the column: simple enough to be joined on several cores."""
    columns = [
        sql.SQL("{} as {}").format(read_as(c, (legacy.columns or {}).get(c.name)), sql.Identifier(c.name))
        for c in (*LEGACY_COLUMNS, *OTHER_VERSIONS_COLUMNS)
        if c.fate is Fate.CARRIED and (c.is_json or c.is_array)
    ]
    return sql.SQL("create view legacy_large as select {columns}, ctid as legacy_ctid from {table}").format(
        columns=sql.SQL(", ").join(columns), table=sql.Identifier(schema, table)
    )


def _snapshot_is_there(conn: Connection) -> bool:
    if not is_there(conn, conn.workspace.build, "legacy_rows"):
        return False
    return bool(conn.value(sql.SQL("select exists (select from {})").format(sql.Identifier(conn.workspace.build, "legacy_rows"))))


def _run_on_snapshot(conn: Connection, path: Path) -> None:
    """Run a file that reads relations of the snapshot, which are not in the search path of a session on the live tables."""
    for name in ("legacy_rows", "legacy_payloads"):
        names = (sql.Identifier(name), sql.Identifier(conn.workspace.build, name))
        conn.execute(sql.SQL("create or replace view {} as select * from {}").format(*names))
    run(conn, path)


def _compare_table(conn: Connection, relation: Relation) -> None:
    """Compare a stored relation with expected__<relation>, cell by cell."""
    expected = f"expected__{relation.name}"
    compared = conn.values("select attname from pg_attribute where attrelid = %s::regclass and attnum > 0", expected)
    conn.execute(_cells_that_differ(relation, [c for c in relation.columns if c in compared]))


def _put_together(conn: Connection) -> None:
    all_tables = sql.SQL(" union all ").join(sql.SQL("select * from {}").format(sql.Identifier(f"derived__{r.name}")) for r in RELATIONS)
    conn.execute(sql.SQL("create view derived (relation, key, column_name, found, expected) as {}").format(all_tables))


def _cells_that_differ(relation: Relation, columns: list[str]) -> sql.Composed:
    """Create derived__<relation>: what differs between a relation and its expectation; missing rows, surplus rows, cells.

    A table of its own for each, because PostgreSQL does not run a query that inserts on several cores.
    """
    found, expected = sql.Identifier("n"), sql.Identifier("x")
    others = [c for c in columns if c not in relation.key]

    def names(alias: sql.Identifier, chosen: list[str] | tuple[str, ...]) -> sql.Composed:
        return sql.SQL(", ").join(sql.SQL("{}.{}").format(alias, sql.Identifier(c)) for c in chosen)

    cells = [
        sql.SQL("({}, {}.{}::text, {}.{}::text)").format(sql.Literal(c), found, sql.Identifier(c), expected, sql.Identifier(c))
        for c in others
    ]
    a_row = "case when {}.is_there then 'a row' else 'no row' end"
    cells.append(sql.SQL(f"('(row)', {a_row}, {a_row})").format(found, expected))
    differs = (
        sql.SQL("row({}) is distinct from row({})").format(names(found, others), names(expected, others)) if others else sql.SQL("false")
    )
    return sql.SQL(
        """create unlogged table {made} as
           select {name} as relation,
             case when n.is_there then concat_ws(' | ', {key}) else concat_ws(' | ', {expected_key}) end as key, c.*
           from (select *, true as is_there from {relation}) as n
           full join (select *, true as is_there from {expectation}) as x on {match}
           cross join lateral (values {cells}) as c (column_name, found, expected)
           where (n.is_there is null or x.is_there is null or {differs})
             and c.found is distinct from c.expected and (c.column_name = '(row)') = (n.is_there is null or x.is_there is null)"""
    ).format(
        made=sql.Identifier(f"derived__{relation.name}"), name=sql.Literal(relation.name), key=names(found, relation.key),
        expected_key=names(expected, relation.key), relation=sql.Identifier(relation.name),
        expectation=sql.Identifier(f"expected__{relation.name}"),
        match=sql.SQL(" and ").join(
            sql.SQL("{}.{} = {}.{}").format(found, sql.Identifier(c), expected, sql.Identifier(c)) for c in relation.key
        ),
        cells=sql.SQL(", ").join(cells), differs=differs,
    )  # fmt: skip
