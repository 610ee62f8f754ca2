"""Well-known genes: which of them the legacy table names, which are in the release, and which have drugs."""

from typing import Any, LiteralString

from mediabase_assets.model.quantities import counted
from mediabase_assets.postgres.sql_files import Connection, is_there, looking_in
from mediabase_assets.settings.load import Settings
from mediabase_assets.validation.suites.judging import Measure, share

LOST, WITH_DRUGS = "no_well_known_gene_is_lost", "well_known_genes_have_drugs"
_PRESENT: LiteralString = """
    select upper(gene_symbol), bool_or(exists (select from gene_drug_interactions as i where i.gene_id = g.gene_id))
    from genes as g where upper(gene_symbol) = any(%s) group by 1"""
# a symbol whose genes were all set aside, with the reasons; from all rows of the legacy table, so also those without a usable gene id
_NAMED: LiteralString = """
    select upper(btrim(l.gene_symbol)), count(*), coalesce(string_agg(distinct s.reason, ', ' order by s.reason), 'no reason')
    from legacy_rows as l left join row_states as s on s.raw_transcript_id = l.transcript_id
    where upper(btrim(l.gene_symbol)) = any(%s) group by 1 order by 1"""


def measures(conn: Connection, settings: Settings) -> list[Measure]:
    """How many well-known genes of the legacy table are lost, and how many of those that are there have drugs."""
    wanted = sorted({symbol.strip().upper() for symbol in settings.validation.well_known_genes} - {""})
    if not wanted:
        why_not = "validation.well_known_genes names none."
        return [Measure(LOST, why_not=why_not), Measure(WITH_DRUGS, why_not=why_not)]
    present = {str(symbol): bool(has_drugs) for symbol, has_drugs in conn.execute(_PRESENT, (wanted,)).fetchall()}
    missing = [symbol for symbol in wanted if symbol not in present]
    without = tuple({"gene_symbol": symbol} for symbol in wanted if present.get(symbol) is False)
    return [_lost(conn, wanted, missing), share(WITH_DRUGS, len(present), sum(present.values()), sample=without)]


def _lost(conn: Connection, wanted: list[str], missing: list[str]) -> Measure:
    build = conn.workspace.build
    if missing and not (is_there(conn, build, "legacy_rows") and is_there(conn, build, "row_states")):
        return Measure(LOST, why_not="What the legacy table named is not known any more; the next migration reads it again.")
    lost: list[tuple[str, int, str]] = []
    if missing:
        with looking_in(conn, build):
            lost = conn.execute(_NAMED, (missing,)).fetchall()
    named = len(wanted) - len(missing) + len(lost)
    absent = [symbol for symbol in missing if symbol not in {name for name, *_ in lost}]
    explanation = f"{named - len(lost)} of {counted(named, 'well-known gene')} that the legacy table names are in the release"
    explanation += f"; lost: {', '.join(f'{name} ({reasons})' for name, _, reasons in lost)}" if lost else ""
    explanation += f"; {len(absent)} of {len(wanted)} are not in the legacy table." if absent else "."
    examined: dict[str, Any] = {"genes": len(wanted), "in the legacy table": named, "not in the legacy table": ", ".join(absent) or "none"}
    sample = tuple({"gene_symbol": name, "legacy rows": rows, "set aside because": reasons} for name, rows, reasons in lost)
    return Measure(LOST, float(len(lost)), failures=len(lost), explanation=explanation, examined=examined, sample=sample)
