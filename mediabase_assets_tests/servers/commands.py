"""Every command of the project on one database of one server, one after the other, as a role that is no superuser.

Each is a process of its own, as a person would start it. Here belongs what is run and what has to come of it.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from psycopg import sql

from mediabase_assets.demo.build import build_demo
from mediabase_assets.model.legacy import LEGACY_TABLE
from mediabase_assets.model.workspace import DEFAULT_SCHEMA, Workspace, workspace_for
from mediabase_assets.postgres.connect import client_tool
from mediabase_assets_tests.fixtures.legacy_files import write_parquet
from mediabase_assets_tests.servers.running import RunningServer

#: Rows of the demonstration that is migrated: the fewest that it has.
ROWS = 1500
_JOB = """
import sys, dagster as dg
from mediabase_assets.definitions import defs
result = defs().resolve_job_def(sys.argv[1]).execute_in_process(instance=dg.DagsterInstance.ephemeral(), raise_on_error=False)
sys.exit(not result.success)
"""


class Outcome(NamedTuple):
    """What came of a command.

    Attributes:
        command: What was run.
        is_right: Whether it did what it has to.
        seconds: How long it took.
        said: The end of what it printed, where it did not.
    """

    command: str
    is_right: bool
    seconds: float
    said: str = ""


@dataclass(frozen=True)
class Place:
    """Where commands work: a database of a server, a schema in it, and a home.

    Attributes:
        server: The server.
        database: The database.
        home: MEDIABASE_HOME.
        schema: Of the legacy table and of what is released.
    """

    server: RunningServer
    database: str
    home: Path
    schema: str = DEFAULT_SCHEMA

    @property
    def operations(self) -> str:
        """The schema of the records of its migrations."""
        return (Workspace() if self.schema == DEFAULT_SCHEMA else workspace_for(self.schema)).operations

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """One command, to its end."""
        environment = self.server.environment(self.database, self.home, MB_POSTGRES_SCHEMA=self.schema)
        return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=900, check=False)

    def value(self, query: str) -> object:
        """The one value of a query, asked by the administrator."""
        with self.server.connect(self.database) as conn:
            row = conn.execute(query).fetchone()
            return row and row[0]


def legacy_files(server: RunningServer, folder: Path) -> dict[str, Path]:
    """The demonstration as a Parquet file and as an archive of pg_dump, made on a server in a database that is dropped."""
    name = server.create_database("legacy_files")
    with server.connect(name) as conn:
        build_demo(conn, schema="public", transcripts=ROWS)
        with conn.cursor() as cursor:
            cursor.execute(sql.SQL("select to_jsonb(l)::text from {} as l limit 0").format(sql.Identifier(LEGACY_TABLE)))
        rows = _as_parquet(conn)
    parquet, dump = folder / "legacy.parquet", folder / "legacy.dump"
    write_parquet(parquet, rows)
    subprocess.run(
        [str(client_tool("pg_dump")), "-Fc", f"--host={server.folder}", "--username=postgres", f"--file={dump}", name], check=True
    )
    server.drop_database(name)
    return {"parquet": parquet, "dump": dump}


def _as_parquet(conn) -> list[dict[str, object]]:
    """Rows with JSON as text, as the real file has it."""
    names = [
        name if kind != "jsonb" else f"{name}::text"
        for name, kind in conn.execute(
            "select attname, format_type(atttypid, null) from pg_attribute where attrelid = %s::regclass and attnum > 0 order by attnum",
            (LEGACY_TABLE,),
        )
    ]
    cursor = conn.execute(f"select {', '.join(names)} from {LEGACY_TABLE} order by transcript_id")
    columns = [d.name for d in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor]


def every_command(place: Place, file: Path, only: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> Iterator[Outcome]:
    """Run all, in the order in which a careful administrator would; goes on after one that fails.

    Args:
        place: Where.
        file: The legacy table.
        only: Beginnings of the names of those that are run; all without any.
        without: Names of those that are not.
    """
    cli = ("-m", "mediabase_assets.cli")
    load = ("migrate", "--legacy-from", str(file))
    released = f"select count(*) from {place.operations}.releases"
    has_records = f"select to_regnamespace('{place.operations}') is not null"
    steps: tuple[tuple[str, tuple[str, ...], Callable[[str], bool]], ...] = (
        ("dry run of a file", (*cli, *load, "--dry-run"), lambda said: not place.value(has_records)),
        ("self-test of a file", (*cli, *load, "--test-only"), lambda said: not place.value(has_records)),
        (f"import and migrate ({file.suffix[1:]})", (*cli, *load, "--skip-confirmation"), lambda said: place.value(released) == 1),
        ("status", (*cli, "status"), lambda said: "Releases" in said or "release" in said),
        ("migrate again", (*cli, "migrate", "--skip-confirmation"), lambda said: "Nothing to do" in said),
        ("dry run", (*cli, "migrate", "--dry-run"), lambda said: place.value(released) == 1),
        ("self-test", (*cli, "migrate", "--test-only"), lambda said: place.value(released) == 1),
        # before the next one changes a table by hand, which an audit has to find
        ("audit", ("-c", _JOB, "audit"), lambda said: place.value(released) == 1),
        ("refresh of views", ("-c", _JOB, "refresh_views"), lambda said: _is_refreshed(place)),
        ("rollback", (*cli, "rollback", "MIGRATION", "--skip-confirmation"), lambda said: not _is_live(place)),
    )
    for name, arguments, is_right in (s for s in steps if (not only or s[0].startswith(only)) and s[0] not in without):
        if name == "refresh of views":
            _change_a_table(place)
        migration = (
            str(place.value(f"select min(migration_id) from {place.operations}.releases"))
            if "MIGRATION" in arguments and place.value(has_records)
            else ""
        )
        started = time.monotonic()
        done = place.run(*(migration if a == "MIGRATION" else a for a in arguments))
        said = done.stdout + done.stderr
        right = done.returncode == 0 and "Traceback" not in said and is_right(said)
        yield Outcome(name, right, time.monotonic() - started, "" if right else said[-3000:])


def _change_a_table(place: Place) -> None:
    with place.server.connect(place.database) as conn:
        if _is_live(place):
            conn.execute(
                sql.SQL("update {} set expression_fold_change = 7.25 where transcript_id = (select min(transcript_id) from {})").format(
                    *[sql.Identifier(place.schema, "transcripts")] * 2
                )
            )


def _is_refreshed(place: Place) -> bool:
    query = sql.SQL("select exists (select from {} where max_expression_fold_change = 7.25)")
    with place.server.connect(place.database) as conn:
        return bool((conn.execute(query.format(sql.Identifier(place.schema, "gene_summary_view"))).fetchone() or (False,))[0])


def _is_live(place: Place) -> bool:
    with place.server.connect(place.database) as conn:
        row = conn.execute("select to_regclass(format('%%I.transcripts', %s::text)) is not null", (place.schema,)).fetchone()
        return bool(row and row[0])
