"""The grammar of drugs and of what PharmGKB says about a gene."""

from mediabase_assets.model.grammar.annotation import CITED, REFERENCE
from mediabase_assets.model.grammar.base import Leaf, Match, Place, archived, either, items, number, text

_INTERACTIONS = "gene_drug_interactions"
#: Whatever a drug entry says is in a column of the interaction or, whole, in its details.
_SAID = Leaf(
    to=(
        *(f"{_INTERACTIONS}.{name}" for name in (
            "details", "drug_name", "reported_name", "drug_id", "interaction_type", "mechanism_of_action", "target_name", "target_type",
            "indication", "disease_area", "activity_unit", "activity_type", "p_activity", "activity_value", "clinical_score",
        )),
        "drug_interactions.drug_name",
    )
)  # fmt: skip
_DERIVED = Leaf(match=Match.DERIVED)
_PHASE = Place(Leaf(to=(f"{_INTERACTIONS}.clinical_phase", f"{_INTERACTIONS}.details"), match=Match.DERIVED))
_DRUG_KEYS = {
    "references": items(either(CITED, REFERENCE)),
    # a constant, a flag or a default that stands for missing; what is none of them is in the details
    **{key: Place(_DERIVED, rest=_SAID) for key in ("source", "mechanism", "therapeutic_flag", "score", "activity_value", "action_type")},
    **dict.fromkeys(("clinical_phase", "max_phase", "phase"), _PHASE),
    "evidence": Place(_SAID, keys={"score": Place(_DERIVED), "type": Place(_DERIVED)}, rest=_SAID),
}
_DRUG = Place(keys=_DRUG_KEYS, rest=_SAID)
_NO_TARGET = "a sum or a copy of other parts of the record, or says where and when it was read"

_REACTIONS = "pharmgkb_pathway_reactions"
_names = {"controller_genes": "controller_genes", "drugs": "drugs", "diseases": "diseases"}
REACTION = Place(
    keys={
        "from": text(f"{_REACTIONS}.from_entity"),
        "to": text(f"{_REACTIONS}.to_entity"),
        **{key: text(f"{_REACTIONS}.{key}") for key in ("reaction_type", "control_type", "cell_type", "summary")},
        **{key: either(text(f"{_REACTIONS}.{key}"), items(text(f"{_REACTIONS}.{key}"))) for key in _names},
        "pmids": either(CITED, items(CITED)),
    }
)
PATHWAY = Place(
    keys={
        "pathway_name": text("pathways.pathway_name"),
        "pathway_id": text("pathways.pathway_id", pattern=r"PA[0-9]{1,15}"),
        "drug_focus": text("pathways.drug_focus", match=Match.DERIVED),
        "pathway_type": text("pathways.pathway_category", longest=200, match=Match.DERIVED),
        "reactions": items(REACTION),
        # a role is stored with the gene of that symbol
        "gene_roles": Place(
            others=(
                (
                    r"(?s).+", "symbol",
                    Place(keys={"role": text("gene_pathways.gene_role", longest=100)}, rest=Leaf(to=("gene_pathways.details",))),
                ),
            )
        ),
        "clinical_relevance": Place(rest=Leaf(to=("pathways.clinical_relevance",), match=Match.DERIVED)),
        "statistics": archived("counts of the other parts"),
    }
)  # fmt: skip
_PATHWAYS = Place(others=((r"\s*PA[0-9]{1,15}\s*", "PharmGKB pathway", PATHWAY),))

_ANNOTATIONS = "pharmacogenomic_annotations"
_NAMED = text(f"{_ANNOTATIONS}.drug_name", match=Match.DERIVED)
ANNOTATION = Place(
    keys={
        "annotation_id": text(f"{_ANNOTATIONS}.annotation_id", longest=200),
        "variant": text(f"{_ANNOTATIONS}.variant_identifier"),
        "variant_id": text(f"{_ANNOTATIONS}.variant_identifier"),
        "phenotypes": text(f"{_ANNOTATIONS}.phenotype"),
        "phenotype_category": text(f"{_ANNOTATIONS}.phenotype_category"),
        "significance": text(f"{_ANNOTATIONS}.clinical_significance"),
        "evidence_level": text(f"{_ANNOTATIONS}.evidence_level"),
        "score": number(f"{_ANNOTATIONS}.score"),
        "pharmacogenomic_score": number(f"{_ANNOTATIONS}.score"),
        "specialty_population": text(f"{_ANNOTATIONS}.population"),
        "pmid": either(CITED, items(CITED)),
        "pmids": either(CITED, items(CITED)),
        "url": text(f"{_ANNOTATIONS}.pharmgkb_url"),
        "drug": either(_NAMED, items(_NAMED)),
        "drugs": either(_NAMED, items(_NAMED)),
        "source": text(pattern=r"PharmGKB(_[A-Za-z_]+)?", reason="unexpected_value", match=Match.DERIVED),
    },
    rest=Leaf(to=(f"{_ANNOTATIONS}.details",)),
)
_WRAPPED = either(items(_DRUG), Place(keys={"drugs": items(_DRUG), "compounds": items(_DRUG)}))

COLUMNS: dict[str, Place] = {
    "drugs": either(
        Place(
            keys={
                "pharmgkb_data": Place(
                    keys={
                        "clinical_annotations": items(ANNOTATION),
                        "pathway_data": _PATHWAYS,
                        **{
                            key: archived(_NO_TARGET)
                            for key in ("annotation_summary", "vip_info", "pathway_summary", "variant_summary", "source", "processed_date")
                        },
                    }
                ),
                "drugcentral_data": _WRAPPED,
                "chembl_data": _WRAPPED,
            },
            others=((r"\s*([0-9]{1,18}|[Cc][Hh][Ee][Mm][Bb][Ll][0-9]{1,12}|repurposing_[0-9]+)\s*", "drug key", _DRUG),),
        ),
        items(_DRUG),
    ),
    "pharmgkb_pathways": _PATHWAYS,
    "pharmgkb_variants": Place(
        keys={
            **{key: items(ANNOTATION) for key in ("high_impact_variants", "cyp450_variants", "cancer_relevant_variants")},
            "summary": archived(_NO_TARGET),
        }
    ),
}
