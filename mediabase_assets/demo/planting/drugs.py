"""Planted damage of `drugs`: the PharmGKB payload, every family of keys, the same drug twice, defaults (C1-C3, C28).

Contains rows whose drugs are damaged; values that are not objects are in `json_shapes`.
"""

from collections.abc import Callable, Iterator
from typing import Any

from mediabase_assets.demo.planting.variant import Variant, gene_wide
from mediabase_assets.demo.rows import Values, made_up_drug

_STAMP = "2025-06-18T10:00:00"


def variants() -> Iterator[Variant]:
    """The variants of this module, in order of their code."""
    yield from _payloads()
    yield from _families()
    yield from _same_drug()
    yield from _defaults()


def _payload(**parts: Any) -> dict[str, Any]:
    return parts | {"source": "PharmGKB", "processed_date": _STAMP}


def _beside(payload: dict[str, Any]) -> Callable[[Values], dict[str, Any]]:
    return lambda row: row["drugs"] | {"pharmgkb_data": payload}


def _annotation(number: int, drug: str) -> dict[str, Any]:
    return {
        "annotation_id": f"98{number:08d}",
        "variant": f"rs98{number:07d}",
        "drug": drug,
        "phenotype_category": "Toxicity",
        "phenotypes": "Demo toxicity",
        "evidence_level": "2A",
        "level_modifiers": "",
        "score": 12.5,
        "evidence_score": 3,
        "pmid_count": 2,
        "evidence_count": 2,
        "url": f"https://www.pharmgkb.org/clinicalAnnotation/98{number:08d}",
        "specialty_population": "",
        "source": "PharmGKB_Clinical_Annotations",
    }


def _pathway_data(gene: str) -> dict[str, Any]:
    reaction = {
        "from": "demodrug",
        "to": "demometabolite",
        "reaction_type": "Biochemical Reaction",
        "controller_genes": [gene],
        "control_type": "Catalysis",
        "cell_type": "hepatocyte",
        "pmids": ["98000001"],
        "drugs": ["demodrug", "demobystander"],
        "diseases": [],
        "summary": "",
    }
    return {
        "PA980000001": {
            "pathway_name": "Planted Pathway Pharmacokinetics",
            "pathway_id": "PA980000001",
            "drug_focus": "demodrug",
            "pathway_type": "Pharmacokinetics",
            "reactions": [reaction, reaction | {"to": "demometabolite 2", "controller_genes": ["DEMOELSEWHERE"]}],
            "gene_roles": {gene: {"role": "enzyme", "reactions": ["demodrug -> demometabolite"], "importance": "critical"}},
            "clinical_relevance": {
                "cancer_relevance": True,
                "drug_interactions": False,
                "genetic_variants": True,
                "clinical_implications": "Demonstration only.",
            },
            "statistics": {"total_reactions": 2, "unique_genes": 2, "pmid_count": 1, "drug_mentions": 2},
        }
    }


_VARIANT = {
    "variant_id": "rs980000009",
    "variant_type": "SNP",
    "drugs": ["demodrug"],
    "phenotype_category": "Efficacy",
    "significance": "yes",
    "direction_of_effect": "decreased",
    "pharmacogenomic_score": 80,
    "clinical_actionability": "high",
    "evidence_level": "high",
    "metabolizer_prediction": {"phenotype": "poor", "confidence": "high", "basis": "star allele"},
    "pmid": "98000002",
    "clinical_sentence": "Demonstration only.",
    "specialty_population": "",
}
_SUMMARY = {"total_variants": 1, "high_impact_variants": 1, "clinical_actionable": 1, "variant_types": ["SNP"]}
_VARIANTS = {
    "summary": _SUMMARY,
    "high_impact_variants": [_VARIANT],
    "cyp450_variants": [],
    "cancer_relevant_variants": [_VARIANT],
}


def _payloads() -> Iterator[Variant]:
    def payload(name: str, looks_like: str, expected: str, **changes: Any) -> Variant:
        reason = "" if name == "variants" else "pharmgkb_payload"
        return Variant("C1", name, looks_like, expected, reason, gene_wide(**changes))

    clinical = _payload(
        clinical_annotations=[_annotation(1, "demodrug"), _annotation(2, "demodrug;demodrug two")],
        annotation_summary={"total_annotations": 2, "drugs_mentioned": ["demodrug", "demodrug two"]},
        vip_info={"is_vip": True},
    )
    yield payload(
        "clinical",
        "Beside a drug, pharmgkb_data holds two clinical annotations, one of two drugs joined by `;`.",
        "Three pharmacogenomic annotations, no drug interaction from them.",
        drugs=_beside(clinical),
    )
    yield payload(
        "pathways",
        "pharmgkb_data holds a pathway with two reactions and gene roles, copied to pharmgkb_pathways.",
        "A pathway with two reactions once, no drug interaction from them.",
        drugs=lambda row: _beside(_payload(pathway_data=_pathway_data(row["gene_symbol"])))(row),
        pharmgkb_pathways=lambda row: _pathway_data(row["gene_symbol"]),
    )
    yield payload(
        "variants",
        "pharmgkb_data holds a summary of variants whose list is in pharmgkb_variants.",
        "The variants once, no drug interaction from them.",
        drugs=_beside(_payload(variant_summary=_SUMMARY)),
        pharmgkb_variants=_VARIANTS,
    )
    yield payload(
        "alone",
        "pharmgkb_data is the only key, so that the gene seems to have a drug.",
        "The gene has no drug interaction.",
        drugs={"pharmgkb_data": _payload(clinical_annotations=[_annotation(3, "demodrug")])},
    )


_CENTRAL = {"9210000001": made_up_drug("demozumab central")}
_README = {"9210000002": {"name": "demozumab readme", "score": 7.1, "mechanism": "inhibits the demo kinase"}}
_CHEMBL = {
    "CHEMBL99000001": {
        "name": "DEMOZUMAB CHEMBL",
        "score": "120.5",
        "mechanism": "Demo kinase inhibitor",
        "max_phase": 3,
        "therapeutic_flag": True,
        "activity_type": "IC50",
        "activity_units": "nM",
        "target_name": "Demo kinase",
    }
}
_HUB = {
    "repurposing_1": {
        "name": "demozumab hub",
        "clinical_phase": "Phase 2",
        "mechanism_of_action": "demo kinase inhibitor",
        "disease_area": "oncology",
        "indication": "demo carcinoma",
        "clinical_score": 3,
        "source": "Drug_Repurposing_Hub",
    }
}
_WRAPPERS = {
    "drugcentral_data": {
        "drugs": [
            {
                "name": "demozumab wrapped",
                "drugcentral_id": "9210000003",
                "chembl_id": "CHEMBL99000002",
                "action_type": "INHIBITOR",
                "mechanism": "1",
                "phase": 4,
            }
        ]
    },
    "chembl_data": {
        "compounds": [
            {
                "molecule_name": "demozumab compound",
                "molecule_chembl_id": "CHEMBL99000003",
                "target_type": "SINGLE PROTEIN",
                "mechanism_of_action": "demo kinase inhibitor",
                "max_phase": 2,
            }
        ]
    },
}


def _families() -> Iterator[Variant]:
    def family(name: str, looks_like: str, drugs: dict[str, Any], reason: str = "") -> Variant:
        expected = "One drug interaction for each entry, with its source."
        return Variant("C2", name, looks_like, expected, reason, gene_wide(drugs=drugs))

    cited = {"9210000004": made_up_drug("demozumab cited")}
    cited["9210000004"]["evidence"] = {"type": "Ki", "score": 8.1, "references": ["98000003", "98000004"]}
    yield family("drugcentral", "A numeric key with mechanism, action type and evidence.", _CENTRAL)
    yield family("drugcentral-references", "A numeric key whose evidence lists references.", cited)
    yield family("drugcentral-readme", "A numeric key with a score at top level.", _README)
    yield family("chembl", "A CHEMBL key.", _CHEMBL)
    yield family("repurposing", "A key repurposing_1.", _HUB)
    yield family("wrappers", "Wrappers drugcentral_data and chembl_data.", _WRAPPERS, "drug_wrapper_unpacked")
    yield family("all-families", "All families in one value.", _CENTRAL | _README | _CHEMBL | _HUB)


def _same_drug() -> Iterator[Variant]:
    across = {
        "9220000001": made_up_drug("demotinib"),
        "CHEMBL99100001": _CHEMBL["CHEMBL99000001"] | {"name": "DEMOTINIB"},
        "repurposing_1": _HUB["repurposing_1"] | {"name": "Demotinib"},
    }
    yield Variant(
        "C3",
        "sources",
        "One drug under a DrugCentral, a ChEMBL and a repurposing key, each spelt in another case.",
        "One drug with three interactions, one for each source.",
        "",
        gene_wide(drugs=across),
    )
    within = {
        "9220000002": made_up_drug("demomycin"),
        "9220000003": made_up_drug("Demomycin ", evidence={"type": "Kd", "score": 6.5}),
    }
    yield Variant(
        "C3",
        "keys",
        "One drug under two DrugCentral keys, spelt differently and with a space behind.",
        "One name for both keys; both keys are kept.",
        "",
        gene_wide(drugs=within),
    )


def _defaults() -> Iterator[Variant]:
    evidence = {"type": "IC50", "score": 7.25}
    cases: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("score", "an evidence score of 1.0", {"evidence": evidence | {"score": 1.0}}),
        ("type", "the evidence type `experimental`", {"evidence": evidence | {"type": "experimental"}}),
        ("mechanism", "the mechanism `unknown`", {"mechanism": "unknown"}),
        (
            "all",
            "every default at once",
            {"mechanism": "unknown", "action_type": "unknown", "evidence": {"type": "experimental", "score": 1.0}},
        ),
    )
    for number, (name, default, changes) in enumerate(cases, start=1):
        drugs = {f"923000000{number}": made_up_drug(f"demodefault {number}", **changes)}
        yield Variant(
            "C28",
            name,
            f"A drug has {default}, which means missing.",
            "Kept with NULL in its place.",
            "default_evidence",
            gene_wide(drugs=drugs),
        )
