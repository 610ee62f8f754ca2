"""Builds the demonstration legacy database: any size, always the same, with every kind of damage in known numbers.

Contains the order of work: the well-known genes and the planted damage by COPY, the bulk by the SQL beside this
module, on the server. Keys and indexes are in `mediabase_assets.legacy.table`, damage is in `damage`.

NOTE: about a third of the transcripts have no annotation, each gene's annotation repeats on all its transcripts, and
the numbers of genes and transcripts are as those of the real table (78,724 : 385,659).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.resources import as_file, files

from psycopg import sql

from mediabase_assets.demo.core import core_rows, known_terms
from mediabase_assets.demo.damage import planted_variants
from mediabase_assets.demo.rows import Values, write_rows
from mediabase_assets.legacy.table import create_legacy_table
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.legacy import LEGACY_TABLE
from mediabase_assets.model.quantities import counted
from mediabase_assets.postgres.connection import Session
from mediabase_assets.postgres.sql_files import run

MINIMUM_TRANSCRIPTS = 1_500
"""Below this the well-known genes and the planted damage would not leave room for anything else."""

REAL_TRANSCRIPTS = 385_659
REAL_GENES = 78_724

Progress = Callable[[str, int], None]

_STAGES = (
    ("dictionaries", "dictionaries.sql"),
    ("genes", "genes.sql"),
    ("PharmGKB payloads", "pharmgkb.sql"),
    ("annotation", "annotation.sql"),
    ("transcripts", "transcripts.sql"),
)


@dataclass(frozen=True)
class DemoReport:
    """What was built.

    Attributes:
        rows: Legacy rows.
        genes: Distinct gene ids as stored, without missing and blank ones.
        planted: Variant of damage to the number of legacy rows that carry it.
        planted_rows: Variant to the transcript ids of those rows, as stored.
        planted_genes: Variant to the distinct gene ids of those rows, as stored, without missing ones.
        winners: Variant in which genes compete for a symbol to the gene id that must keep it.
    """

    rows: int
    genes: int
    planted: dict[str, int] = field(default_factory=dict)
    planted_rows: dict[str, tuple[str, ...]] = field(default_factory=dict)
    planted_genes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    winners: dict[str, str] = field(default_factory=dict)


def build_demo(
    conn: Session,
    *,
    schema: str,
    table: str = LEGACY_TABLE,
    transcripts: int = 5_000,
    progress: Progress | None = None,
) -> DemoReport:
    """Create the legacy table and fill it; the caller commits, and adds keys and indexes.

    Args:
        conn: A session that may create tables in the schema, and temporary ones.
        schema: Where the table is made; created if absent.
        table: Its name.
        transcripts: Its number of rows, at least MINIMUM_TRANSCRIPTS.
        progress: Gets the name of each stage when it is done and the rows it touched.

    Raises:
        ConfigurationError: Fewer transcripts than the minimum.
        LegacyTableExistsError: A relation of that name exists.
    """
    if transcripts < MINIMUM_TRANSCRIPTS:
        raise ConfigurationError(
            f"A demonstration database of {counted(transcripts, 'transcript')} is too small.",
            where="transcripts",
            next_step=f"Ask for at least {MINIMUM_TRANSCRIPTS:,}.",
        )
    report = progress or (lambda stage, rows: None)
    create_legacy_table(conn, schema, table)
    known, damaged = core_rows(), [planted.values for v in planted_variants() for planted in v.rows]
    for stage, rows in (("well-known genes", known), ("planted damage", damaged)):
        write_rows(conn, schema, table, rows)
        report(stage, len(rows))
    genes = round(transcripts * REAL_GENES / REAL_TRANSCRIPTS)
    written = [*known, *damaged]
    _write_bulk(conn, (schema, table), genes - _gene_count(written), transcripts - len(written), report)
    return _report(transcripts, genes)


def _gene_count(rows: Iterable[Values]) -> int:
    return len({row["gene_id"] for row in rows} - {None, "", "  "})


def _write_bulk(conn: Session, target: tuple[str, str], genes: int, transcripts: int, report: Progress) -> None:
    conn.execute("create temporary table mediabase_demo_known (kind text, ordinal int, id text, name text, aspect text)")
    with conn.cursor() as cursor, cursor.copy("copy mediabase_demo_known from stdin") as copy:
        for known in known_terms():
            copy.write_row(known)
    conn.execute("create temporary table mediabase_demo_size (genes bigint, transcripts bigint)")
    conn.execute("insert into mediabase_demo_size values (%s, %s)", (genes, transcripts))
    conn.execute(sql.SQL("create temporary view mediabase_demo_target as select * from {}").format(sql.Identifier(*target)))
    for stage, name in _STAGES:
        report(stage, _run_file(conn, name))
    _run_file(conn, "clean_up.sql")


def _run_file(conn: Session, name: str) -> int:
    with as_file(files("mediabase_assets.demo") / "sql" / name) as path:
        return run(conn, path)


def _report(transcripts: int, genes: int) -> DemoReport:
    planted_rows = {v.variant.key: tuple(str(row.values["transcript_id"]) for row in v.rows if row.is_damaged) for v in planted_variants()}
    planted_genes = {
        v.variant.key: tuple(sorted({row.values["gene_id"] for row in v.rows if row.is_damaged} - {None, "", "  "}))
        for v in planted_variants()
    }
    return DemoReport(
        rows=transcripts,
        genes=genes,
        planted={key: len(ids) for key, ids in planted_rows.items()},
        planted_rows=planted_rows,
        planted_genes=planted_genes,
        winners={v.variant.key: v.winner for v in planted_variants() if v.winner},
    )
