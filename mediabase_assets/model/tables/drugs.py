"""Drugs, their interactions with genes, and what PharmGKB says."""

from pandera.typing import Series

from mediabase_assets.model.tables.base import Bool, Float, Int, Reference, Relation, Table, TableModel, column, optional
from mediabase_assets.model.vocabulary import APPROVAL_STATUSES, DRUG_SOURCES, ENSEMBL_GENE, PHASES, PUBMED_ID


class DrugInteractions(TableModel):
    """One row per drug as a source reports it."""

    drug_interaction_id: Series[str] = column("source_database:source_drug_key")
    source_database: Series[str] = column("The source", isin=DRUG_SOURCES)
    source_drug_key: Series[str] = column("The drug's key at the source; its normalized name where the source has none")
    drug_name: Series[str] = column("Name as most facts spell it", str_length={"min_value": 1, "max_value": 600})
    drug_name_norm: Series[str] = column("Name in lower case, to group one drug across sources")
    mechanism_of_action: Series[str] = optional("Mechanism of action")
    target_type: Series[str] = optional("Type of target")
    indication: Series[str] = optional("Indication")
    disease_area: Series[str] = optional("Disease area")
    drug_chembl_id: Series[str] = optional("ChEMBL id", str_matches=r"^CHEMBL\d+$")
    drugbank_id: Series[str] = optional("DrugBank id; the legacy table never held it")
    max_phase: Series[str] = optional("Highest clinical phase", isin=PHASES)
    approval_status: Series[str] = optional("What the phase means", isin=APPROVAL_STATUSES)
    therapeutic_flag: Series[Bool] = optional("ChEMBL's flag for therapeutic use")


class GeneDrugInteractions(TableModel):
    """One row per gene and drug as a source reports it."""

    gene_id: Series[str] = column("The gene", str_matches=ENSEMBL_GENE)
    drug_interaction_id: Series[str] = column("The drug as reported")
    drug_name: Series[str] = column("Its name")
    reported_name: Series[str] = optional("Its name as told for this gene, where that differs")
    drug_id: Series[str] = column("Its key at the source")
    interaction_type: Series[str] = optional("Type of action (INHIBITOR, AGONIST …)")
    mechanism_of_action: Series[str] = optional("Mechanism as told for this gene")
    is_mechanism_target: Series[Bool] = optional("DrugCentral: whether the gene is a target of the mechanism of action")
    target_name: Series[str] = optional("Name of the target at the source")
    target_type: Series[str] = optional("Type of target as told for this gene")
    indication: Series[str] = optional("Indication as told for this gene")
    disease_area: Series[str] = optional("Disease area as told for this gene")
    therapeutic_flag: Series[Bool] = optional("ChEMBL's flag as told for this gene")
    evidence_level: Series[str] = optional("Evidence level; the legacy table never held it")
    source: Series[str] = column("The source", isin=DRUG_SOURCES)
    pmid: Series[str] = optional("First PubMed id", str_matches=PUBMED_ID)
    drug_chembl_id: Series[str] = optional("ChEMBL id", str_matches=r"^CHEMBL\d+$")
    drugbank_id: Series[str] = optional("DrugBank id; the legacy table never held it")
    clinical_phase: Series[str] = optional("Clinical phase", isin=PHASES)
    approval_status: Series[str] = optional("What the phase means", isin=APPROVAL_STATUSES)
    activity_value: Series[Float] = optional(
        "Potency in activity_unit: exactly as ChEMBL reports it (nM from a million on in uM), or 10^-p_activity mol/L to as many digits as"
        " p_activity has and two more. numeric without limit, where v0.3.0 declared DECIMAL(10,4)",
        gt=0,
    )
    activity_unit: Series[str] = optional("Unit of the potency, whole; no potency is told without it")
    activity_type: Series[str] = optional("Kind of potency: IC50, Ki, Kd, EC50; whole")
    p_activity: Series[Float] = optional("Potency as -log10(molar), exactly as DrugCentral reports it", gt=0, le=15)
    clinical_score: Series[Float] = optional("Clinical score of the Repurposing Hub, 0 to 5", ge=0, le=5)
    drug_class: Series[str] = optional("Therapeutic class; the legacy table never held it")
    drug_type: Series[str] = optional("Type of molecule; the legacy table never held it")
    evidence_strength: Series[Int] = column("1 to 5, by a fixed rule from phase, mechanism and measurement", ge=1, le=5)
    pmids: Series[str] = column("PubMed ids")
    details: Series[str] = optional("What else the entry says: other keys, and what no column shows as it is")


class PharmgkbPathwayReactions(TableModel):
    """One row per distinct reaction of a PharmGKB pathway."""

    pathway_id: Series[str] = column("PharmGKB accession of the pathway", str_matches=r"^PA\d+$")
    reaction_index: Series[Int] = column("Position in the pathway, from 1", ge=1)
    from_entity: Series[str] = optional("What goes in")
    to_entity: Series[str] = optional("What comes out")
    reaction_type: Series[str] = optional("Type of reaction")
    control_type: Series[str] = optional("Type of control")
    cell_type: Series[str] = optional("Cell type")
    controller_genes: Series[str] = column("Symbols of the controlling genes, sorted")
    drugs: Series[str] = column("Drugs named, sorted; never interactions by themselves")
    diseases: Series[str] = column("Diseases named, sorted")
    pmids: Series[str] = column("PubMed ids, sorted")
    summary: Series[str] = optional("Free text")


class PharmacogenomicAnnotations(TableModel):
    """One row per PharmGKB annotation, gene and drug that it names."""

    annotation_id: Series[str] = column("PharmGKB's id; for variants a text that follows from the content")
    gene_id: Series[str] = column("The gene", str_matches=ENSEMBL_GENE)
    variant_identifier: Series[str] = optional("Variant or haplotypes")
    drug_name: Series[str] = column("The drug; empty where the annotation names none")
    phenotype: Series[str] = optional("Phenotypes")
    phenotype_category: Series[str] = optional("Efficacy, Toxicity, Dosage …")
    clinical_significance: Series[str] = optional("Significance of a variant annotation")
    evidence_level: Series[str] = optional("PharmGKB level (1A to 4), or high to insufficient for variants")
    score: Series[Float] = optional("Score at the source")
    population: Series[str] = optional("Specialty population")
    pmids: Series[str] = column("PubMed ids")
    pharmgkb_url: Series[str] = optional("Its page at PharmGKB")
    kind: Series[str] = column("clinical or variant", isin=["clinical", "variant"])
    variant_list: Series[str] = optional("List that held the variant", isin=["high_impact", "cyp450", "cancer_relevant"])
    details: Series[str] = column("What else the annotation says: other keys, and what no column shows as it is")


_GENE = Reference(("gene_id",), "genes", ("gene_id",))

DRUG_INTERACTIONS = Table(
    "drug_interactions",
    (
        Relation(
            "drug_interactions",
            DrugInteractions,
            ("drug_interaction_id",),
            unique=(("source_database", "source_drug_key"),),
        ),
    ),
    inputs=("drug_facts",),
)
GENE_DRUG_INTERACTIONS = Table(
    "gene_drug_interactions",
    (
        Relation(
            "gene_drug_interactions",
            GeneDrugInteractions,
            ("gene_id", "drug_interaction_id"),
            (_GENE, Reference(("drug_interaction_id",), "drug_interactions", ("drug_interaction_id",))),
        ),
    ),
    inputs=("drug_facts", "reference_facts"),
    counted=(("drugs", "drug"),),
    parents=("genes", "drug_interactions"),
)
PHARMGKB_PATHWAY_REACTIONS = Table(
    "pharmgkb_pathway_reactions",
    (
        Relation(
            "pharmgkb_pathway_reactions",
            PharmgkbPathwayReactions,
            ("pathway_id", "reaction_index"),
            (Reference(("pathway_id",), "pathways", ("pathway_id",)),),
        ),
    ),
    inputs=("pharmgkb_reactions", "pharmgkb_pathway_facts"),
    parents=("pathways",),
)
PHARMACOGENOMIC_ANNOTATIONS = Table(
    "pharmacogenomic_annotations",
    (
        Relation(
            "pharmacogenomic_annotations",
            PharmacogenomicAnnotations,
            ("annotation_id", "gene_id", "drug_name"),
            (_GENE,),
        ),
    ),
    inputs=("pharmgkb_annotation_facts",),
    counted=(("drugs", "clinical annotation"), ("pharmgkb_variants", "variant annotation")),
    parents=("genes",),
)
