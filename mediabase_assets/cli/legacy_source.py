"""Where the legacy table comes from: one that is there, a file, or the demonstration; and getting it into the database.

Here belong the choice, its refusals, and the progress of loading. Reading files is in `legacy_files`, generating rows
in the package `demo`; it is handed in, because it stands above this layer.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from mediabase_assets.cli.output import is_interactive, waiting
from mediabase_assets.cli.plan import legacy_lines
from mediabase_assets.legacy.files import LoadReport, detect_format, load_legacy_file
from mediabase_assets.legacy.table import LegacyDescription, add_keys_and_indexes, describe_legacy_table
from mediabase_assets.model.errors import ConfigurationError, LegacyTableExistsError, PrerequisiteError
from mediabase_assets.model.quantities import counted, duration, number, size
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings

#: Fills a table of that schema and name, made by it, with that many transcripts.
BuildDemo = Callable[[Connection, str, str, int], None]

_COMMENT = "Demonstration data of mediabase_assets, {} transcripts asked for."
_COMMENT_READ = re.compile(r"^Demonstration data of mediabase_assets, (\d+) transcripts asked for\.$")


@dataclass(frozen=True)
class Demo:
    """The demonstration database.

    Attributes:
        transcripts: How many were asked for; None to take one that is there, whatever its size.
        default_transcripts: How many if none is there.
        build: Makes it.
    """

    transcripts: int | None
    default_transcripts: int
    build: BuildDemo


@dataclass(frozen=True)
class Source:
    """Where the legacy table comes from; at most one of the two is given.

    Attributes:
        file: To be loaded.
        demo: To be generated.
    """

    file: Path | None = None
    demo: Demo | None = None

    def __post_init__(self) -> None:
        if self.file is not None and self.demo is not None:
            raise ConfigurationError(
                "--demo and --legacy-from exclude each other.",
                where="command line",
                next_step="Keep one of them; without both the table that is there is migrated.",
            )


@dataclass(frozen=True)
class Arrival:
    """What has to happen before there is a legacy table.

    Attributes:
        lines: What the plan says about it.
        transcripts: Transcripts to generate; None for none.
        file: File to load; None for none.
    """

    lines: tuple[tuple[str, str], ...]
    transcripts: int | None = None
    file: Path | None = None

    @property
    def brings(self) -> bool:
        """Whether there is something to load or to generate."""
        return self.transcripts is not None or self.file is not None


def look(conn: Connection, settings: Settings, source: Source) -> Arrival:
    """Decide what has to happen, refusing what would overwrite anything.

    Raises:
        LegacyTableExistsError: A table is there, and it is not the demonstration that was asked for.
        LegacyFileError: The file cannot be one that holds a legacy table.
        PrerequisiteError: No table is there, and none is to be loaded.
    """
    schema, table = settings.database.source_schema, settings.database.legacy_table
    legacy = describe_legacy_table(conn, schema, table)
    if source.demo is not None:
        return _look_at_demo(conn, legacy, source.demo)
    if source.file is not None:
        if legacy.exists:
            raise _exists(legacy, "Leave --legacy-from out to migrate it, or drop or rename it yourself.")
        kind = detect_format(source.file)
        text = f"{source.file} ({kind}, {size(_bytes(source.file))}), loaded as {schema}.{table}"
        return Arrival((("Legacy table", text),), file=source.file)
    if not legacy.exists:
        raise PrerequisiteError(
            "There is no legacy table.",
            where=f"{schema}.{table}, {conn.info.dbname}",
            next_step="Load one with --legacy-from FILE, try --demo, or name its schema (database.legacy_schema).",
        )
    return Arrival(tuple(legacy_lines(legacy)))


def bring(conn: Connection, settings: Settings, source: Source, arrival: Arrival, console: Console) -> None:
    """Do what has to happen: all of it or nothing.

    Raises:
        LegacyFileError: The file is broken or of something else.
        ServerError: The server gave up.
    """
    schema, table = settings.database.source_schema, settings.database.legacy_table
    if arrival.file is not None:
        report = _load(conn, arrival.file, schema, table, console)
        rate = f"{counted(report.rows, 'row')} in {duration(report.seconds)}"
        console.print(f"Loaded {schema}.{table}: {rate}.", markup=False)
        for phrase in report.ignored:
            console.print(f"  not loaded: {phrase}", markup=False)
    elif arrival.transcripts is not None and source.demo is not None:
        with waiting(console, f"Generating the demonstration, {counted(arrival.transcripts, 'transcript')} …"):
            _generate(settings, source.demo.build, schema, table, arrival.transcripts)
    else:
        return
    legacy = describe_legacy_table(conn, schema, table)
    for name, text in legacy_lines(legacy):
        console.print(f"  {name}: {text}", markup=False)
    console.print()


def _look_at_demo(conn: Connection, legacy: LegacyDescription, demo: Demo) -> Arrival:
    wanted = demo.transcripts or demo.default_transcripts
    if not legacy.exists:
        text = f"the demonstration, {counted(wanted, 'transcript')}, generated as {legacy.schema}.{legacy.table}"
        return Arrival((("Legacy table", text),), transcripts=wanted)
    made = _demo_size(conn, legacy)
    if made is None:
        raise _exists(legacy, "Leave --demo out to migrate it, or name another schema (database.schema_name).")
    if demo.transcripts not in (None, made):
        raise _exists(
            legacy,
            f"It is the demonstration with {counted(made, 'transcript')}: use it without --demo-transcripts, or drop it yourself.",
        )
    note = ("Demonstration", f"is there already, {counted(made, 'transcript')}; used as it is")
    return Arrival((*legacy_lines(legacy), note))


def _demo_size(conn: Connection, legacy: LegacyDescription) -> int | None:
    """How many transcripts the demonstration that is there was made with; None if it is something else."""
    row = conn.execute(
        "select obj_description(to_regclass(format('%%I.%%I', %s::text, %s::text)), 'pg_class')",
        (legacy.schema, legacy.table),
    ).fetchone()
    found = _COMMENT_READ.match(row[0]) if row and row[0] and legacy.is_table else None
    return int(found[1]) if found else None


def _generate(settings: Settings, build: BuildDemo, schema: str, table: str, transcripts: int) -> None:
    with connect(settings, application_name="mediabase demonstration") as conn:
        build(conn, schema, table, transcripts)
        add_keys_and_indexes(conn, schema, table)
        name = sql.Identifier(schema, table)
        conn.execute(sql.SQL("comment on table {} is {}").format(name, sql.Literal(_COMMENT.format(transcripts))))
        conn.execute(sql.SQL("analyze {}").format(name))


def _load(conn: Connection, file: Path, schema: str, table: str, console: Console) -> LoadReport:
    if not is_interactive(console):
        console.print(f"Loading {file} …", markup=False)
        return load_legacy_file(conn, file, schema=schema, table=table)
    columns = (TextColumn("Loading"), BarColumn(), TextColumn("{task.fields[told]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task: TaskID = progress.add_task("load", total=None, told="")

        def tell(done: int, total: int | None) -> None:
            told = counted(done, "row") if total is None else f"{number(done)} of {counted(total, 'row')}"
            progress.update(task, completed=done, total=total, told=told + (", indexes" if done == total else ""))

        return load_legacy_file(conn, file, schema=schema, table=table, progress=tell)


def _exists(legacy: LegacyDescription, next_step: str) -> LegacyTableExistsError:
    return LegacyTableExistsError(
        f"A {legacy.kind} named {legacy.table} is there already; loading would overwrite it.",
        where=f"{legacy.schema}.{legacy.table}",
        next_step=next_step,
    )


def _bytes(path: Path) -> int:
    if path.is_dir():
        return sum(f.stat().st_size for f in path.iterdir() if f.is_file())
    return path.stat().st_size
