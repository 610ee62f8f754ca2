"""Which assets a rule concerns: an asset is rebuilt when those of its rules changed, and only then.

Contains the columns that assets read beyond what the data versions of their inputs tell. Rows and values enter with the snapshot, which is
read again for every rule; the version of `legacy_payloads` does not follow the rules about single values of it, so that a rule for drugs
leaves the assets of GO terms as they are.
"""

import json
from hashlib import md5

from mediabase_assets.curation.edits import CODE
from mediabase_assets.curation.file import Rules, rules_of
from mediabase_assets.curation.rule import Rule
from mediabase_assets.settings.load import Settings

#: The name of the setting in the state of an asset.
NAME = "curation_rules"
#: Columns whose single values an asset reads; the others follow from the data versions of their inputs.
_COLUMNS: dict[str, frozenset[str]] = {
    "extraction/drug_facts": frozenset({"drugs"}),
    "extraction/pharmgkb_annotation_facts": frozenset({"drugs", "pharmgkb_variants"}),
    "extraction/pharmgkb_pathway_facts": frozenset({"drugs", "pharmgkb_pathways"}),
    "extraction/pharmgkb_reactions": frozenset({"drugs", "pharmgkb_pathways"}),
    "extraction/go_facts": frozenset({"go_terms"}),
    "extraction/pathway_facts": frozenset({"pathways"}),
    "extraction/annotation_facts": frozenset({"product_type", "molecular_functions", "cellular_location"}),
    "extraction/cross_reference_facts": frozenset({"uniprot_ids", "ncbi_ids", "refseq_ids", "pdb_ids", "alt_gene_ids"}),
    "extraction/reference_facts": frozenset({"source_references", "publications", "drugs"}),
    "extraction/row_states": frozenset({"go_terms", "product_type"}),
}
#: Assets that read every value, whatever its column.
_OF_ALL_VALUES = frozenset({"extraction/gene_candidates", "extraction/fact_counts", "extraction/remaining_facts"})
#: Assets that read the snapshot, and those that compare all of it with what was made.
_OF_ALL_RULES = frozenset({
    "extraction/legacy_rows", "extraction/legacy_payloads", "validation/round_trip", "validation/leaf_census",
    "validation/migration_report", "validation/column_account",
})  # fmt: skip


def concerns(rule: Rule, asset: str) -> bool:
    """Whether a rule concerns an asset directly.

    >>> from datetime import date
    >>> from mediabase_assets.curation.rule import Decision
    >>> rule = Rule("a", "b", date.min, "c", Decision.DROP, column="drugs", said="x", has_said=True)
    >>> [asset for asset in ("extraction/drug_facts", "extraction/go_facts", "normalized/genes") if concerns(rule, asset)]
    ['extraction/drug_facts']
    """
    if asset in _OF_ALL_RULES:
        return rule.changes_values or asset == "validation/leaf_census"
    if not rule.changes_values or rule.is_of_rows:
        return False
    return asset in _OF_ALL_VALUES or rule.column in _COLUMNS.get(asset, ())


def is_concerned(asset: str) -> bool:
    """Whether any rule could concern an asset directly."""
    return asset in _OF_ALL_RULES or asset in _OF_ALL_VALUES or asset in _COLUMNS


def setting_of(settings: Settings, asset: str) -> dict[str, object]:
    """What the state of an asset records of the rules: a digest of those that concern it; nothing where none does.

    Raises:
        ConfigurationError: The file of rules cannot be read, or is wrong.
    """
    if settings.curation.rules_file is None or not is_concerned(asset):
        return {}
    digest = digest_of(rules_of(settings), asset)
    return {NAME: digest} if digest else {}


def digest_of(rules: Rules, asset: str) -> str:
    """A digest of the rules that concern an asset; empty where none does."""
    chosen = sorted((rule.id, rule.digest) for rule in rules if concerns(rule, asset))
    told = [CODE, *chosen]  # how rules are applied is code, too
    return md5(json.dumps(told).encode(), usedforsecurity=False).hexdigest()[:12] if chosen else ""


def concerned(rule: Rule) -> list[str]:
    """The assets that a rule concerns directly, for people."""
    if rule.is_of_rows and rule.changes_values:
        return ["extraction/legacy_rows and what is made from it"]
    return sorted(asset for asset in (*_COLUMNS, *_OF_ALL_VALUES, *_OF_ALL_RULES) if concerns(rule, asset))
