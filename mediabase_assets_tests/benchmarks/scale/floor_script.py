"""The floor as SQL scripts: the result tables, keys, indexes and views of a migration, as an expert would write them by hand.

Here belongs what the scripts hold. They are made from the project's own files and values (EXTRACTIONS, TABLES, VIEWS), so that a
faster query of the project makes the floor faster too. Left out is whatever the result does not need: accounts, quarantine,
repairs, checks, digests of rows, extraction relations that no table reads. Any number of sessions may run `build.sql` at
once: each step is done by the session that is first to claim it, and waits for the steps that it needs.
"""

import re
from dataclasses import dataclass
from typing import Any, cast

import psycopg
from psycopg import sql

from mediabase_assets.extraction.rules import EXTRACTION, RULES
from mediabase_assets.extraction.snapshot import SNAPSHOT_RELATIONS, create_legacy_source
from mediabase_assets.legacy.table import describe_legacy_table
from mediabase_assets.model.extraction import EXTRACTION_VIEWS, EXTRACTIONS
from mediabase_assets.model.legacy import LEGACY_COLUMNS, OTHER_VERSIONS_COLUMNS, Fate
from mediabase_assets.model.tables import TABLES, Table
from mediabase_assets.model.views import VIEWS, View
from mediabase_assets.normalized import tables
from mediabase_assets.normalized.tables import NORMALIZED
from mediabase_assets.postgres.content_hash import hash_columns
from mediabase_assets.postgres.session import prepare
from mediabase_assets.postgres.sql_files import Connection, read, run
from mediabase_assets.schema import tables as ddl
from mediabase_assets.settings.load import Settings
from mediabase_assets.views import definition
from mediabase_assets_tests.benchmarks.scale.script import Script, Step, names_in, ordered

#: Where the floor is built; nothing else is in it, and it is dropped afterwards.
SCHEMA = "mediabase_floor"
#: Seconds of the two passes over the legacy table, in proportion to the costs of the other assets.
_SNAPSHOT_COST = 10.0
_EXTRACTED = (*SNAPSHOT_RELATIONS, *(e.name for e in EXTRACTIONS))

_SET_UP = f"""\
-- A schema for the floor, and the list of its steps, by which several sessions share the work. Run it first, by one session.
\\set ON_ERROR_STOP on
drop schema if exists {SCHEMA} cascade;
create schema {SCHEMA};
set search_path = {SCHEMA};
create unlogged table floor_steps (
  step text primary key, session integer not null, started_at timestamptz, finished_at timestamptz
);

-- Whether this session is the one that does the step.
create function floor_claims(name text) returns boolean language plpgsql as $$
begin
  insert into floor_steps (step, session) values (name, pg_backend_pid()) on conflict do nothing;
  return found;
end $$;

-- Waits for the steps that a step needs, then notes that it begins. Gives up after an hour.
create function floor_begins(name text, needs text[]) returns void language plpgsql as $$
begin
  while (select count(*) from floor_steps where step = any(needs) and finished_at is not null) < cardinality(needs) loop
    if clock_timestamp() > now() + interval '1 hour' then
      raise exception 'step % waited for an hour; did another session fail?', name;
    end if;
    perform pg_sleep(0.005);
  end loop;
  update floor_steps set started_at = clock_timestamp() where step = name;
end $$;

create function floor_ends(name text) returns void language sql
begin atomic
  update floor_steps set finished_at = clock_timestamp() where step = name;
end;
"""
_CLEAN_UP = f"-- What the floor made.\ndrop schema if exists {SCHEMA} cascade;\n"


@dataclass(frozen=True)
class FloorScripts:
    """The scripts of the floor, by file name, and the relations that they make which a migration makes too."""

    files: dict[str, str]
    steps: tuple[Step, ...]
    relations: tuple[str, ...]


def floor_scripts(conn: Connection, settings: Settings) -> FloorScripts:
    """The scripts for the legacy table that is there.

    Args:
        conn: A session on its database; it only looks at the legacy table's columns, and quotes.
        settings: Where the legacy table is, and what the extraction is to do with it.
    """
    steps = ordered(_needed(conn, settings))
    session = Script(conn)
    prepare(cast(Connection, session), settings, SCHEMA)
    head = (
        "-- Builds the floor. After set_up.sql, by one session or by several at once:\n"
        "--   psql -X -q -f build.sql & psql -X -q -f build.sql & wait\n"
        "\\set QUIET on\n\\set ON_ERROR_STOP on\n\\timing on\n\\pset tuples_only on\n\\o /dev/null\n"
    )
    build = head + session.text + "".join(map(_as_text, steps))
    names = [r.name for t in TABLES for r in t.relations] + [v.name for v in VIEWS if v.is_materialized]
    return FloorScripts({"set_up.sql": _SET_UP, "build.sql": build, "clean_up.sql": _CLEAN_UP}, tuple(steps), tuple(names))


def _as_text(step: Step) -> str:
    needs = ", ".join(f"'{name}'" for name in sorted(step.needs))
    return (
        f"\n-- {step.name}\n"
        f"select floor_claims('{step.name}') as is_mine \\gset\n\\if :is_mine\n"
        f"\\echo '{step.name}'\n"
        f"select floor_begins('{step.name}', array[{needs}]::text[]);\n"
        f"begin;\n{step.text}commit;\n"
        f"select floor_ends('{step.name}');\n\\endif\n"
    )


def _needed(conn: Connection, settings: Settings) -> list[Step]:
    """All steps that the tables and views need, and no other."""
    steps = [_table(conn, table) for table in TABLES] + [_view(conn, view) for view in VIEWS] + [_references(conn)]
    done = {step.name for step in steps}
    while missing := sorted({need for step in steps for need in step.needs} - done):
        steps += [_extraction(conn, settings, name) for name in missing]
        done |= set(missing)
    return steps


def _extraction(conn: Connection, settings: Settings, name: str) -> Step:
    """One relation of the extraction; of a view its definition.

    The legacy table is read twice, by two steps beside others and so in two snapshots: nobody may write to it meanwhile.
    """
    script = Script(conn)
    path = EXTRACTION / f"{name}.sql"
    needs = names_in(read(path), _EXTRACTED) - {name}
    if name in SNAPSHOT_RELATIONS:
        script.execute(_legacy_source(conn, settings))
        run(cast(Connection, script), path)
        script.execute("drop view pg_temp.legacy_source")
    else:
        run(cast(Connection, script), path)
    if name not in EXTRACTION_VIEWS:
        script.execute(sql.SQL("analyze {}").format(sql.Identifier(name)))
    if name == SNAPSHOT_RELATIONS[0]:
        script.statements[:0] = [read(path) for path in (*RULES, EXTRACTION / "functions.sql")]
    cost = _SNAPSHOT_COST if name in SNAPSHOT_RELATIONS else next(e.cost for e in EXTRACTIONS if e.name == name)
    return Step(name, frozenset(needs), cost, script.text)


def _legacy_source(conn: Connection, settings: Settings) -> str:
    """The legacy table as the extraction reads it, without the digest of each row, which only proofs need."""
    schema, table = settings.database.source_schema, settings.database.legacy_table
    carried = {c.name for c in (*LEGACY_COLUMNS, *OTHER_VERSIONS_COLUMNS) if c.fate is Fate.CARRIED}
    columns = tuple(c for c in hash_columns(conn, schema, table) if c.is_large and c.name in carried)
    view = create_legacy_source(describe_legacy_table(conn, schema, table), columns, schema, table).as_string(conn)
    return re.sub(r"md5\(row\(.*?\)::text\) as row_digest", "null::text as row_digest", view, count=1)


def _table(conn: Connection, table: Table) -> Step:
    """One normalized table with keys, indexes and comments, without foreign keys."""
    script = cast(Connection, text := Script(conn))
    for part in (ddl.create, tables.fill, ddl.add_keys, ddl.add_comments, ddl.create_view, ddl.add_view_comments):
        part(script, table)
    query = read(NORMALIZED / f"{table.name}.sql")
    needs = names_in(query, _EXTRACTED) | (set(table.parents) if table.is_view else names_in(query, table.parents))
    return Step(table.name, frozenset(needs), table.cost, text.text)


def _view(conn: Connection, view: View) -> Step:
    """One view with its rows, indexes and comments."""
    script = cast(Connection, text := Script(conn))
    definition.create(script, view, SCHEMA)
    definition.finish(script, view, SCHEMA)
    return Step(view.name, frozenset(view.parents), view.cost, text.text)


def _references(conn: psycopg.Connection[Any]) -> Step:
    """All foreign keys, by one session: two would wait for each other's locks."""
    script = cast(Connection, text := Script(conn))
    for table in TABLES:
        ddl.add_references(script, table)
    return Step("foreign_keys", frozenset(t.name for t in TABLES), 1.0, text.text)
