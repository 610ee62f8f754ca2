"""What Dagster shows of a patient: the report of the import, plots, pathways, and drugs, as metadata of the patient's own partition.

Contains translations into Dagster's terms; the facts come from `patients`.
"""

import base64
import dataclasses
from collections.abc import Mapping
from typing import Any

import dagster as dg

from mediabase_assets.model.patients import DOWN, UP, ImportReport, Level
from mediabase_assets.model.quantities import counted
from mediabase_assets.patients.questions.enrich import Enrichment
from mediabase_assets.patients.questions.facts import PatientFacts
from mediabase_assets.runs.patients.partitions import EXPRESSION, GENE_EXPRESSION
from mediabase_assets.runs.results import rows_table

_GRAINS = {EXPRESSION: Level.TRANSCRIPT, GENE_EXPRESSION: Level.GENE}


def import_metadata(key: dg.AssetKey, report: ImportReport, plots: Mapping[str, bytes]) -> dict[str, Any]:
    """What is shown of an import, for one of the two assets of rows.

    Args:
        key: `EXPRESSION` or `GENE_EXPRESSION`.
        report: The import.
        plots: Pictures by title, as PNG.
    """
    if _GRAINS[key] is not report.level:
        return {"dagster/row_count": 0, "why there are no rows": _other_grain(report)}
    matched = [{"matched as": how, "rows": rows} for how, rows in report.matched.items()]
    unmatched = [{"reason": u.reason, "rows": u.rows, "examples": ", ".join(u.examples)} for u in report.unmatched]
    values: dict[str, Any] = {
        "summary": summary(report),
        **{title: picture(png, title) for title, png in plots.items()},
        "dagster/row_count": report.stored,
        "match rate": report.match_rate,
        "rows read": report.rows_read,
        "matched": _table(matched, "matched as"),
        "unmatched": _table(unmatched, "reason"),
        "duplicates": _table([{"rule": rule, "rows merged": rows} for rule, rows in report.duplicates.items()], "rule"),
        "without a value": _table([{"reason": reason, "rows": rows} for reason, rows in report.na.items()], "reason"),
        **{f"fold change: {name}": value for name in ("smallest", "median", "largest") if (value := getattr(report, name)) is not None},
        f"up (over {UP:g})": report.up,
        f"down (under {DOWN:g})": report.down,
        **{f"rows {name}": getattr(report, name) for name in ("inserted", "updated", "deleted")},
        "file": report.file_name,
        "tool": report.tool or "unknown",
        "scale of the file": str(report.scale),
        "columns": _table([{"role": role, "header": header} for role, header in report.columns.items()], "role"),
    }
    if report.notes:
        values["notes"] = "\n".join(report.notes)
    return values


def enrichment_metadata(enrichment: Enrichment, facts: PatientFacts) -> dict[str, Any]:
    """What is shown of the pathways and drugs of a patient.

    Args:
        enrichment: What was counted.
        facts: The pathways that are hit, and drugs for genes that are up.
    """
    numbers = dataclasses.asdict(enrichment)
    del numbers["patient_id"], numbers["is_unchanged"]
    return {
        "pathways": _table([_flat(row) for row in facts.pathways], "pathways"),
        "drugs for up-regulated genes": _table([_flat(row) for row in facts.candidates], "drugs"),
        "up-regulated genes with drugs": facts.druggable_genes,
        "pathways that are hit": facts.pathways_hit,
        **{name.replace("_", " "): value for name, value in numbers.items()},
        "dagster/row_count": enrichment.tested,
    }


def summary(report: ImportReport) -> str:
    """The import in a sentence: rows, match rate, how many genes changed.

    It holds numbers of the patient's partition, and is shown there only.
    """
    changed = "unchanged" if report.is_unchanged else f"{report.inserted:,} new, {report.updated:,} changed, {report.deleted:,} deleted"
    return (
        f"{counted(report.stored, str(report.level))} stored ({changed}) of {counted(report.rows_read, 'row')}; "
        f"{report.match_rate:.1%} of the ids are known; "
        f"{report.up:,} up, {report.down:,} down."
    )


def picture(png: bytes, title: str) -> dg.MarkdownMetadataValue:
    """A picture as the UI shows it."""
    return dg.MetadataValue.md(f"![{title}](data:image/png;base64,{base64.b64encode(png).decode()})")


def _other_grain(report: ImportReport) -> str:
    if report.level is Level.GENE:
        return "The file is one of genes; patient_transcript_expression shows their transcripts, flagged level = 'gene'."
    return "The file is one of transcripts."


def _table(rows: list[dict[str, Any]], first: str) -> dg.TableMetadataValue:
    return rows_table(rows or [{first: "none"}])


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as text."""
    return {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in row.items()}
