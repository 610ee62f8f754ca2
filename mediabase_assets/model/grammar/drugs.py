"""The grammar of drugs and of what PharmGKB says about a gene."""

from mediabase_assets.model.grammar.annotation import CITED, REFERENCE
from mediabase_assets.model.grammar.base import Leaf, Match, Place, archived, either, items, text

_INTERACTIONS = "gene_drug_interactions"
#: Whatever a drug entry says is in a column of the interaction or, whole, in its details; a constant, a flag or a default that means
#: missing says nothing.
_SAID = Leaf(
    to=(
        *(f"{_INTERACTIONS}.{name}" for name in (
            "details", "drug_name", "reported_name", "drug_id", "interaction_type", "mechanism_of_action", "target_name", "target_type",
            "indication", "disease_area", "activity_unit", "activity_type", "p_activity", "activity_value", "clinical_score",
        )),
        "drug_interactions.drug_name",
    )
)  # fmt: skip
_DERIVED = Place(Leaf(to=_SAID.to, match=Match.DERIVED), rest=_SAID)
_DERIVED_KEYS = (
    "source", "mechanism", "mechanism_of_action", "therapeutic_flag", "score", "activity_value", "action_type", "clinical_phase",
    "max_phase", "phase", "drugcentral_id", "chembl_id", "molecule_chembl_id", "drug_id", "id", "name", "drug_name", "molecule_name",
    "pref_name",
    "clinical_score",
)  # fmt: skip
_DRUG = Place(
    keys={
        "references": Place(members=either(CITED, REFERENCE), rest=_SAID),
        **dict.fromkeys(_DERIVED_KEYS, _DERIVED),
        "evidence": Place(_SAID, keys={"score": _DERIVED, "type": _DERIVED}, rest=_SAID),
    },
    rest=_SAID,
)
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
_PATHWAYS = Place(others=((r"(?s)\W*PA[0-9]{1,15}\W*", "PharmGKB pathway", PATHWAY),))

_ANNOTATIONS = "pharmacogenomic_annotations"
#: Whatever an annotation says is in a column or, whole, in its details.
_NOTED = Leaf(
    to=tuple(
        f"{_ANNOTATIONS}.{name}"
        for name in (
            "details", "annotation_id", "variant_identifier", "phenotype", "phenotype_category", "clinical_significance", "evidence_level",
            "score", "population", "pharmgkb_url",
        )
    )
)  # fmt: skip
_NAMED = Place(Leaf(to=(f"{_ANNOTATIONS}.drug_name", f"{_ANNOTATIONS}.details"), match=Match.DERIVED), rest=_NOTED)
_CITES = Place(Leaf(to=("publications.pmid", f"{_ANNOTATIONS}.details"), match=Match.DERIVED), rest=_NOTED)
ANNOTATION = Place(
    keys={
        **{key: Place(_NAMED.leaf, members=_NAMED, rest=_NOTED) for key in ("drug", "drugs")},
        **{key: Place(_CITES.leaf, members=_CITES, rest=_NOTED) for key in ("pmid", "pmids")},
        **{key: Place(Leaf(to=(f"{_ANNOTATIONS}.score",), match=Match.DERIVED), rest=_NOTED) for key in ("score", "pharmacogenomic_score")},
        "source": Place(Leaf(to=(f"{_ANNOTATIONS}.details",), match=Match.DERIVED), rest=_NOTED),
    },
    rest=_NOTED,
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
            # which source a key names is a rule of its own; an entry of no source is in quarantine whole
            others=((r"(?s).*", "drug key", _DRUG),),
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
