"""What a curator can decide about an entry of the quarantine, as rules to be pasted.

Contains which decisions fit which reason; the text of a rule is in `suggestion`.
"""

from typing import Any

from mediabase_assets.curation.rule import CARRIED
from mediabase_assets.curation.suggestion import TO_BE_WRITTEN, match_of, rule_text

#: Entries that follow from another one: it is decided there.
_FOLLOWING = frozenset({"gene_quarantined", "row_quarantined"})
#: Whole rows or genes: their values are decided about one by one, or in the column that is wrong.
_OF_WHOLES = frozenset({"par_y_duplicate", "duplicate_transcript", "gene_without_transcripts", "curator_dropped"})
_MAPPED = frozenset({"chromosome", "gene_type", "gene_id", "gene_symbol"})
#: Reasons of a gene's symbol, whose entries stand under the gene or its transcripts.
_OF_SYMBOLS = frozenset({"symbol_conflict", "invalid_symbol", "symbol_too_long", "spreadsheet_date"})
_OF_GENE_IDS = frozenset({"gene_id_ambiguous", "gene_id_unresolvable", "bad_gene_id", "other_species"})


def offers(
    entry_id: str, *, reason: str, column: str, path: str = "", gene: str = "", transcript: str = "", value: Any = None
) -> list[str]:  # fmt: skip
    """The rules that decide about an entry; the most likely first.

    Args:
        entry_id: Its id, which names the rules.
        reason: Why it is in quarantine.
        column: Its legacy column.
        path: Its place in the JSON.
        gene: Its gene id.
        transcript: Its transcript.
        value: Its raw value.
    """
    name = f"q-{entry_id[:12]}"
    stay_out = rule_text(name, match_of(column=column, path=path, gene=gene, transcript=transcript, reason=reason), "drop")
    accept = rule_text(f"accept-{reason}-{column}", {"reason": reason, "column": column}, "accept", "all")
    if reason == "curator_dropped" or column not in CARRIED:
        return []
    if reason in _FOLLOWING:
        return [accept]
    changed = _change(name, reason, column, path, gene, transcript, value)
    return [*changed, stay_out, accept]


def _change(name: str, reason: str, column: str, path: str, gene: str, transcript: str, value: Any) -> list[str]:
    """The rules that keep something in place of the value."""
    if reason in _OF_SYMBOLS and gene:
        return [rule_text(name, {"column": "gene_symbol", "gene": gene}, "keep as", TO_BE_WRITTEN)]
    if reason in _OF_GENE_IDS and transcript:
        return [rule_text(name, {"column": "gene_id", "transcript": transcript}, "map to", TO_BE_WRITTEN)]
    if reason in _OF_WHOLES:
        return []
    match = match_of(column=column, path=path, gene=gene, transcript=transcript, value=value, has_value=True)
    if reason == "unknown_drug_key" and "path" in match:
        match.pop("value", None)
        return [rule_text(name, match, "map key to", TO_BE_WRITTEN)]
    return [rule_text(name, match, "map to" if column in _MAPPED else "keep as", TO_BE_WRITTEN)]
