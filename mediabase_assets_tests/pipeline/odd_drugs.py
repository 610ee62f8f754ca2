"""Made-up genes whose drugs and PharmGKB records are odd: single cases by name, and entries put together at random.

The random ones are the same in every run. They are for the round trip: whatever an entry says, the tables and the
compatibility view have to say the same, and nothing may stop the migration.
"""

import random
from collections.abc import Iterator
from typing import Any

from mediabase_assets.demo.rows import PlantedGene, Values, clean_row

#: Kinds of values that may stand anywhere in JSON.
ODD: tuple[Any, ...] = (
    None, "", "  ", "text", " text ", "unknown", "UNKNOWN", "experimental", 0, 1, 1.0, -1, 7, 7.25, "6.5", "6.50", "6.5e0", "+6.5",
    0.0001, 5e-12,
    1e-30, 1e300, "1e400", "1e-400", "NaN", "Infinity", "-Infinity", ">10000", "~5 nM", "5-10", "1,5", "٣", "½", True, False, [],
    {}, ["a", "b"],
    [{"name": "x"}], {"value": 5, "units": "nM"}, [[1, 2], [3]], "nM", "uM", 3_000_000, 4, "Phase 3", "PHASE II", "x" * 300, "0",
    "1.00", "a;b", "İI",
)  # fmt: skip
_DRUG_FIELDS = (
    "name", "drug_name", "molecule_name", "pref_name", "score", "activity_value", "activity_type", "mechanism_of_action",
    "mechanism", "action_type",
    "activity_units", "clinical_phase", "max_phase", "phase", "target_name", "target_type", "indication", "disease_area", "source",
    "drugcentral_id",
    "chembl_id", "id", "clinical_score", "therapeutic_flag", "references", "evidence", "other key",
)  # fmt: skip
_NAMES = (
    "demolol",
    "Demolol",
    " demolol ",
    "N,N-demolol",
    "demolol,demonine",
    "demolol;demonine",
    "DEMO (a;b)",
    "poly(A,B)",
    "b)",
    "(a",
    '"q,uoted"',
)
_ANNOTATION_FIELDS = (
    "annotation_id", "variant", "variant_id", "phenotypes", "phenotype_category", "significance", "evidence_level", "score",
    "pharmacogenomic_score",
    "specialty_population", "pmid", "pmids", "url", "drug", "drugs", "source", "other key",
)  # fmt: skip
_REACTION_FIELDS = (
    "from",
    "to",
    "reaction_type",
    "control_type",
    "cell_type",
    "controller_genes",
    "drugs",
    "diseases",
    "pmids",
    "summary",
    "other",
)
_PATHWAY_FIELDS = ("pathway_name", "pathway_id", "drug_focus", "pathway_type", "clinical_relevance", "statistics", "other")


def gene(number: int, symbol: str, **changes: Any) -> Values:
    """A healthy row but for these columns; it has no other drugs."""
    return clean_row(PlantedGene(90, 12, number, symbol), **({"drugs": {}} | changes))


def random_rows(count: int, first: int, seed: int = 12) -> Iterator[Values]:
    """Rows of genes with random drugs, annotations, variants and pathways."""
    chance = random.Random(seed)
    for number in range(first, first + count):
        symbol = f"ODDRUG{number}"
        drugs: dict[str, Any] = {key: _entry(chance) for key in chance.sample(_keys(number), 6)}
        drugs["pharmgkb_data"] = {
            "source": "PharmGKB",
            "clinical_annotations": [_annotation(chance, f"9012{number}{n}") for n in range(3)],
            "pathway_data": _pathways(chance, symbol),
        }
        variants = {name: [_annotation(chance, None)] for name in ("high_impact_variants", "cyp450_variants")}
        yield gene(number, symbol, drugs=drugs, pharmgkb_variants=variants, pharmgkb_pathways=_pathways(chance, symbol))


def _keys(number: int) -> list[str]:
    return [
        f"9012{number}", f"09012{number}", f" 9012{number} ", "CHEMBL9012", "chembl9012", f"CHEMBL9012{number}", "repurposing_1",
        "REPURPOSING_2",
        "٣٣", "", " ", "0", "00", "9" * 40, "drugcentral", f"9012{number}.0", "repurposing_x", "drugcentral_data",
    ]  # fmt: skip


def _entry(chance: random.Random) -> Any:
    if chance.random() < 0.1:
        return chance.choice(ODD)
    said = {field: chance.choice(ODD) for field in chance.sample(_DRUG_FIELDS, chance.randint(2, 9))}
    if chance.random() < 0.9:
        said[chance.choice(_DRUG_FIELDS[:4])] = chance.choice(_NAMES)
    if chance.random() < 0.6:
        said["evidence"] = {field: chance.choice(ODD) for field in chance.sample(("type", "score", "other"), 2)}
    if chance.random() < 0.3:
        said["activity_units"] = chance.choice(("nM", "uM", "NM", "pmol min^-1 (mg protein)^-1"))
    return said


def _annotation(chance: random.Random, annotation_id: str | None) -> Any:
    if chance.random() < 0.05:
        return chance.choice(ODD)
    said = {field: chance.choice(ODD) for field in chance.sample(_ANNOTATION_FIELDS, chance.randint(3, 9))}
    said["drugs" if annotation_id is None else "drug"] = chance.choice(
        (*_NAMES, list(chance.sample(_NAMES, 3)), ["b)", "(a", "c"], [{"name": "demolol"}, "demonine"], None, {})
    )
    if chance.random() < 0.3:
        said |= {
            "pmid": chance.choice(("90120001", ["90120002", "x"], 90120003, "x")),
            "pmids": chance.choice((["90120004"], [90120005, {}], "y")),
        }
    return said if annotation_id is None else said | {"annotation_id": annotation_id}


def _pathways(chance: random.Random, symbol: str) -> Any:
    if chance.random() < 0.1:
        return chance.choice(ODD)
    keys = chance.sample(("PA90120001", " PA90120002 ", "PA90120002", "", " ", "PA", "PA٣", "pa90120001", "PA90120003"), 3)
    return {key: _pathway(chance, symbol) for key in keys}


def _pathway(chance: random.Random, symbol: str) -> Any:
    if chance.random() < 0.1:
        return chance.choice(ODD)
    said = {field: chance.choice(ODD) for field in chance.sample(_PATHWAY_FIELDS, 4)}
    reactions = [_reaction(chance, symbol) for _ in range(3)]
    said["reactions"] = chance.choice((reactions, reactions, reactions, chance.choice(ODD)))
    roles = {symbol: chance.choice(({"role": "enzyme"}, {"role": chance.choice(ODD), "other": chance.choice(ODD)}, chance.choice(ODD)))}
    said["gene_roles"] = chance.choice((roles, roles, chance.choice(ODD)))
    return said


def _reaction(chance: random.Random, symbol: str) -> Any:
    if chance.random() < 0.1:
        return chance.choice(ODD)
    said = {field: chance.choice(ODD) for field in chance.sample(_REACTION_FIELDS, 6)}
    return said | {
        "controller_genes": chance.choice(([symbol], symbol, [{"symbol": symbol}])),
        "pmids": chance.choice((["90120006"], ["x"], "90120007")),
    }
