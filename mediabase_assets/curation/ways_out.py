"""The way out of a failed check, in a file: rules that leave out, or accept, the values that its sample shows.

Contains which value a row of a sample is about. A single odd value among many must not block a migration: what no narrower rule reaches
is left out with its row or gene.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mediabase_assets.curation.rule import CARRIED, Rule
from mediabase_assets.curation.suggestion import match_of, rule_text
from mediabase_assets.model.finding import Finding

#: Rules that are shown for one failure.
_SHOWN = 2
#: The legacy column that a table is made from, where that is one.
_COLUMN_OF = {
    "gene_drug_interactions": "drugs", "drug_interactions": "drugs", "pharmacogenomic_annotations": "drugs", "gene_pathways": "pathways",
    "pathways": "pathways", "gene_publications": "source_references", "publications": "source_references", "go_terms": "go_terms",
    "transcript_products": "product_type",
}  # fmt: skip


def next_step(step: str, failed: Iterable[Finding]) -> str:
    """A next step, and the rules that get past what failed; the step alone where no sample names a value."""
    rules = rules_for(failed)
    if not rules:
        return step
    return "\n".join(
        [
            step,
            "Or go on without these values: paste this below `rules:` into a file, name the file by --rules, MEDIABASE_RULES or",
            "curation.rules_file, and run again (`keep as: VALUE` in place of `drop: true` keeps another value):",
            *rules,
        ]
    )


def rules_for_rows(transcripts: Iterable[str | None]) -> str:
    """The rules that leave out all rows of some transcripts, and those without an id, as text to be pasted; empty for none."""
    told = [
        rule_text(f"leave-out-{str(name).lower()}", {"transcript": name}, "drop")
        if name is not None
        else rule_text("leave-out-rows-without-id", {"column": "transcript_id", "value": None}, "drop")
        for name in list(transcripts)[:_SHOWN]
    ]
    return "\n".join(["Or leave these rows out: paste this below `rules:` into the file of rules, and run again:", *told]) if told else ""


def rows_left_out(rules: Iterable[Rule]) -> list[str | None]:
    """The transcripts all rows of which rules leave out; None for rows without an id."""
    chosen = [rule for rule in rules if rule.drops_rows and not rule.gene and not rule.pattern]
    return [rule.transcript or rule.said for rule in chosen if rule.transcript or (rule.has_said and rule.column == "transcript_id")]


def rules_for(failed: Iterable[Finding]) -> list[str]:
    """The rules that get past the values of the samples; the first few."""
    found: dict[str, str] = {}
    for finding in failed:
        for row in finding.sample:
            if len(found) < _SHOWN and (rule := _rule(row)):
                found.setdefault(*rule)
    return list(found.values())


def _rule(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """The name and the text of a rule about the value of a row; None where the row does not tell."""
    gene, transcript, column, place = _place(row)
    if "refused" in row and row.get("reason"):
        name = f"accept-{row['reason']}-{column}"
        return name, rule_text(name, {"reason": row["reason"], "column": column}, "accept", "all")
    value = row.get("value", row.get("raw"))
    has_place = column in CARRIED and place not in ("", "$") and "<" not in place and "*" not in place
    if column in CARRIED and (gene or transcript):
        match = match_of(column=column, path=place if has_place else "", gene=gene, transcript=transcript)
        name = f"leave-out-{column}-of-{(match.get('transcript') or match.get('gene') or '').lower()}"
    elif column in CARRIED and value is not None:
        match, name = match_of(column=column, value=value, has_value=True), f"leave-out-of-{column}"
    elif transcript or gene:
        match = {"transcript": transcript} if transcript else {"gene": gene}
        name = f"leave-out-{(transcript or gene).lower()}"
    else:
        return None
    if not (match.keys() - {"column"}):
        return None
    if match.get("column") in ("transcript_id", "gene_id"):
        match.pop("column")
    return name, rule_text(name, match, "drop")


def _place(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Gene, transcript, legacy column and path that a row of a sample tells; empty where it does not."""
    gene, transcript = str(row.get("gene_id") or ""), str(row.get("transcript_id") or "")
    key = row.get("key")
    for part in key if isinstance(key, list) else str(key or "").split(" | "):
        gene = gene or (str(part) if str(part).startswith("ENSG") else "")
        transcript = transcript or (str(part) if str(part).startswith("ENST") else "")
    column = str(row.get("legacy_column") or "").partition(".")[0]
    relation = str(row.get("relation") or "").partition(" ")[0]
    if not column and relation:
        shown = str(row.get("column") or row.get("column_name") or "")
        column = _COLUMN_OF.get(relation) or (shown if relation in ("genes", "transcripts") and shown in CARRIED else "")
    return gene, transcript, column, str(row.get("path") or row.get("json_path") or "")
