"""The columns of the extraction relations: names in their order, PostgreSQL's types, and what each holds.

Contains what people read about them. The relations themselves are made by the SQL of the extraction layer; a test compares
their columns with these. What a fact says has the description of the column of the normalized table that it goes to.
"""

from mediabase_assets.model.legacy import described_columns
from mediabase_assets.model.tables import RELATIONS

_DIGESTED = (
    "go_terms", "molecular_functions", "cellular_location", "product_type", "pathways", "drugs", "uniprot_ids", "ncbi_ids", "refseq_ids",
    "pdb_ids", "alt_gene_ids", "source_references", "publications", "pharmgkb_pathways", "pharmgkb_variants",
)  # fmt: skip
_AS_READ = (
    "transcript_id", "gene_symbol", "gene_id", "gene_type", "chromosome", "coordinates", "expression_fold_change", "features",
    "alt_transcript_ids",
)  # fmt: skip

#: Names of columns by type, where they are not text; a relation in which a name has another type is in `_OTHER_TYPES`.
_TYPES = {
    "uuid": f"identity digest object_digest feature_pathways other_features gene_transcript_ids {' '.join(_DIGESTED)}",
    "jsonb": "coordinates features alt_transcript_ids value raw details raw_coordinates genomic_coordinates",
    "boolean": "is_par is_par_id is_lifted is_spreadsheet_symbol coordinates_coerced is_merged is_on_primary_chromosome has_hgnc "
    "is_gene_quarantined is_mechanism_target therapeutic_flag is_inherited is_reported differs is_first is_first_in_value is_further "
    "archived",
    "integer": "n n_rows gene_version transcript_version transcript_count gene_type_rank annotation_sources rank_of_symbol "
    "genes_of_symbol term_count external_version citation_count reaction_index",
    "smallint": "support_level annotation_level quality_score best_annotation_level publication_year",
    "bigint": "payload_id go_payload_id product_payload_id facts_read facts_of_gene go_set_id publication_id first_position n_read",
    "double precision": "expression_fold_change raw_fold_change",
    "numeric": "p_activity activity_value clinical_score score",
    "text[]": "gene_id_repairs symbol_repairs tags repairs set_aside changed pmids controller_genes diseases authors",
    "tid": "legacy_ctid",
}
_OTHER_TYPES = {"pharmgkb_reactions": {"drugs": "text[]", "n": "bigint"}}

#: Columns that mean the same in every relation that has them.
_COMMON: dict[str, str] = {
    "payload_id": "The value in legacy_payloads from which the fact was read",
    "gene_id": "Ensembl gene id without version",
    "field": "Legacy column that holds the fact, or a part of one (features.pathways)",
    "path": "Place in the value, as a JSON path",
    "n": "Legacy rows that hold the value; 0 for a part that is set aside while its entry is kept",
    "reason": "Why it is quarantined; NULL where it is not",
    "repairs": "What was repaired to read it",
    "winner": "What was kept in its place, where another one was",
    "raw": "The value as written, where it is quarantined or repaired",
    "is_first": "Whether it is kept; equal facts of the gene beside it are merged into it",
    "is_first_in_value": "Whether it is the first of its kind in the value; others there are merged into it",
    "identity": "Digest of all that can name the gene of a legacy row",
    "legacy_column": "Column of the legacy table",
    "details": "What else the entry says: other keys, and what no column shows as it is",
    "pmids": "PubMed ids, without prefix and leading zeros",
    "source": "Where MEDIABASE had it from",
    "transcript_id": "Ensembl transcript id without version",
    "raw_transcript_id": "Transcript id as written",
    "first_transcript_id": "The first transcript id, as written, among the legacy rows that hold it",
    "n_rows": "Legacy rows that hold it",
    "gene_version": "Version of the Ensembl gene id",
    "is_par": "Whether it lies in a pseudoautosomal region of X and Y",
    "gene_type": "Gene biotype",
    "chromosome": "Chromosome as UCSC names it; patches, haplotypes and scaffolds as written",
    "gene_symbol": "Symbol under which the gene is kept",
    "quality_score": "Points of the quality rule that decides symbol conflicts, 0 to 8",
    "transcript_count": "Transcripts of the gene that are kept",
    "is_on_primary_chromosome": "Whether it lies on chromosome 1 to 22, X, Y or M",
    "has_hgnc": "Whether the legacy table names an HGNC id of the gene",
    "gene_type_rank": "Rank of the biotype among genes of one symbol; 1 is protein_coding",
    "annotation_sources": "Kinds of annotation that the gene has: GO, pathways, drugs, identifiers, publications",
    "best_annotation_level": "Best GENCODE annotation level among its transcripts; 1 is best",
    "rank_of_symbol": "Rank among the genes of its symbol; the first keeps it",
    "genes_of_symbol": "Genes that have the symbol",
    "winner_gene_id": "The gene that keeps the symbol, where another one does",
    "pathway_id": "Reactome stable id or PharmGKB accession",
    "pathway_name": "Name of the pathway as told here",
    "pathway_source": "Reactome or PharmGKB",
    "kept_name": "Name that is kept, of all that the table tells for the id",
    "drug_name": "Name of the drug as told here",
    "url": "Address at the source",
}
_FACT = "payload_id gene_id field path n"
_OUTCOME = "reason repairs winner raw"

#: The columns of each relation in their order.
_ORDER: dict[str, str] = {
    "legacy_rows": "identity transcript_id gene_symbol gene_id gene_type chromosome coordinates expression_fold_change features "
    f"alt_transcript_ids feature_gene_id alternative_gene_id {' '.join(_DIGESTED)} feature_pathways other_features gene_transcript_ids "
    "legacy_ctid row_digest",
    "legacy_payloads": "payload_id field identity digest n_rows first_transcript_id value flattened_from",
    "gene_identities": "identity raw_gene_id raw_symbol symbol n_rows first_transcript_id gene_id gene_id_source gene_version is_par_id "
    "is_par is_lifted reason gene_id_repairs symbol_repairs is_spreadsheet_symbol",
    "transcript_candidates": "raw_transcript_id identity transcript_id transcript_version is_par gene_id gene_type gene_type_said "
    "chromosome chromosome_said raw_coordinates coordinates coordinates_state coordinates_coerced raw_fold_change expression_fold_change "
    "transcript_name support_level annotation_level tags ccds_id havana_id raw_protein_id ensembl_protein_id refseq_protein_id go_terms "
    "product_type reason is_merged winner_transcript_id winner_gene_id repairs set_aside changed",
    "gene_candidates": "gene_id gene_version is_par legacy_symbol gene_symbol symbol_source gene_type chromosome genomic_coordinates "
    "quality_score transcript_count is_on_primary_chromosome has_hgnc gene_type_rank annotation_sources best_annotation_level "
    "rank_of_symbol genes_of_symbol reason winner_gene_id",
    "row_states": "raw_transcript_id transcript_id gene_id identity reason is_gene_quarantined outcome winner go_payload_id "
    "product_payload_id",
    "symbol_conflicts": "kind symbol gene_id gene_symbol rank_of_symbol genes_of_symbol quality_score is_on_primary_chromosome is_par "
    "has_hgnc gene_type_rank annotation_sources transcript_count best_annotation_level gene_version reason winner_gene_id",
    "fact_counts": "field legacy_column fact_kind facts_read facts_of_gene",
    "drug_facts": f"{_FACT} source_database source_drug_key drug_name drug_name_norm mechanism_of_action is_mechanism_target "
    "interaction_type p_activity activity_value activity_unit activity_type target_name target_type indication disease_area "
    f"clinical_phase clinical_score therapeutic_flag details {_OUTCOME} is_first",
    "pharmgkb_annotation_facts": f"{_FACT} kind annotation_id variant_list drug_name variant_identifier phenotype phenotype_category "
    f"clinical_significance evidence_level score population pmids pharmgkb_url details {_OUTCOME} is_first",
    "pharmgkb_pathway_facts": f"{_FACT} pathway_id pathway_name pathway_source gene_role pmids details object_digest legacy_key "
    f"{_OUTCOME} is_first",
    "pharmgkb_reactions": "reaction_index pathway_id from_entity to_entity reaction_type control_type cell_type controller_genes drugs "
    "diseases pmids summary reason raw first_position n n_read",
    "go_facts": f"{_FACT} go_id term_name kept_name definition category kept_category evidence_code qualifier is_inherited inherited_from "
    f"pmids {_OUTCOME} is_first_in_value",
    "go_payload_sets": "payload_id term_count go_set_id",
    "pathway_facts": f"{_FACT} pathway_id pathway_name kept_name pathway_source url {_OUTCOME} is_first",
    "annotation_facts": f"{_FACT} annotation_type annotation_value source {_OUTCOME} is_first is_first_in_value",
    "cross_reference_facts": f"{_FACT} source is_reported external_db external_id external_version {_OUTCOME} is_first",
    "reference_facts": f"{_FACT} section publication_id pmid doi evidence_type source_db title abstract authors journal publication_year "
    f"citation_count url details {_OUTCOME} differs is_first is_further",
    "remaining_facts": f"{_FACT} raw archived reason repairs winner",
}

#: Columns that are particular to a relation.
_OWN: dict[str, dict[str, str]] = {
    "legacy_rows": {
        **{name: f"Digest of the row's value of {name}; NULL for an empty one" for name in _DIGESTED},
        **described_columns(_AS_READ),
        "feature_gene_id": "Gene id with version that features holds",
        "alternative_gene_id": "Gene id that alt_gene_ids holds under Ensembl",
        "feature_pathways": "Digest of features.pathways",
        "other_features": "Digest of features without what transcript_candidates reads and without its pathways",
        "gene_transcript_ids": "Digest of alt_transcript_ids without the ids of the transcript itself",
        "legacy_ctid": "Place of the row in the legacy table, ctid",
        "row_digest": "Digest of the whole row",
    },
    "legacy_payloads": {
        "payload_id": "Number of the value",
        "digest": "Digest of the value",
        "value": "The value as JSON",
        "flattened_from": "The array as written, where it had several dimensions",
    },
    "gene_identities": {
        "raw_gene_id": "Gene id as written",
        "raw_symbol": "Symbol as written",
        "symbol": "Symbol without white space at its ends; NULL where it is none",
        "gene_id": "Ensembl gene id without version; NULL where the rows name none",
        "gene_id_source": "What told the gene id, or why none is told",
        "is_par_id": "Whether the gene id is marked _PAR_Y",
        "is_lifted": "Whether a gene id is one that GENCODE lifted to another assembly",
        "reason": "Why its rows are quarantined; NULL where they are not",
        "gene_id_repairs": "What was repaired to read the gene id",
        "symbol_repairs": "What was repaired to read the symbol",
        "is_spreadsheet_symbol": "Whether a spreadsheet made the symbol a date",
    },
    "transcript_candidates": {
        "gene_type_said": "Gene biotype as written",
        "chromosome_said": "Chromosome as written",
        "raw_coordinates": "Coordinates as written",
        "coordinates_state": "read, absent or bad",
        "coordinates_coerced": "Whether a number was given as text, or the strand as a sign",
        "raw_fold_change": "Fold change as written",
        "raw_protein_id": "Protein id as written under RefSeq_protein",
        "refseq_protein_id": "RefSeq protein id with version",
        "go_terms": "Digest of the row's value of go_terms",
        "product_type": "Digest of the row's value of product_type",
        "is_merged": "Whether the row equals the one that is kept under its id",
        "winner_transcript_id": "The row, by its transcript id as written, that is kept under the same id",
        "winner_gene_id": "The gene of that row",
        "set_aside": "Values that are quarantined while the row is kept, as column|path|reason",
        "changed": "Values that were repaired, as column|path|reason",
    },
    "gene_candidates": {
        "legacy_symbol": "Symbol that most of its rows name; the gene id where they name none",
        "symbol_source": "gene_symbol, gene_id (no row names a symbol) or qualified (SYMBOL@GENE_ID)",
    },
    "row_states": {
        "is_gene_quarantined": "Whether the gene is quarantined, and the row with it",
        "outcome": "kept, merged, repaired or quarantined",
        "go_payload_id": "Its value of go_terms in legacy_payloads",
        "product_payload_id": "Its value of product_type in legacy_payloads",
    },
    "symbol_conflicts": {
        "kind": "same_symbol, or case_variant for symbols that differ in case only",
        "symbol": "The symbol that is shared",
    },
    "fact_counts": {
        "field": "Legacy column, or a part of one (features.pathways)",
        "fact_kind": "Kind of fact",
        "facts_read": "Facts that the legacy table holds there",
        "facts_of_gene": "Those among them whose gene is not kept",
    },
    "pharmgkb_pathway_facts": {
        "object_digest": "Digest of the whole pathway object, which every gene of the pathway repeats",
        "legacy_key": "Key of the pathway object, as written",
        "pmids": "PubMed ids of the reactions that the gene controls",
    },
    "pharmgkb_reactions": {
        "reaction_index": "Position among the distinct reactions of the pathway, from 1",
        "first_position": "First position in the legacy table's list",
        "n": "How often the reaction was read",
        "n_read": "In how many entries of the list it is read",
    },
    "go_facts": {
        "term_name": "Name of the term as told here",
        "kept_name": "Name that is kept, of all that the table tells for the term",
        "category": "Aspect of the term as told here",
        "kept_category": "Aspect that is kept, of all that the table tells for the term",
        "qualifier": "GO qualifier; that of a denied annotation begins with NOT",
    },
    "cross_reference_facts": {
        "source": "Legacy field that names it",
        "is_reported": "Whether the accounts count it as a fact of its own",
        "external_db": "Authority",
    },
    "reference_facts": {
        "section": "Section of source_references that cites it",
        "differs": "Whether it describes the publication otherwise than what is kept",
        "is_further": "Whether it is the second or a later PubMed id of one text",
    },
    "remaining_facts": {"archived": "Whether the key is known and stays in the backup; else it is quarantined"},
}
#: Tables whose columns the facts of a relation go to.
_GOES_TO = {
    "transcript_candidates": ("transcripts",),
    "gene_candidates": ("genes",),
    "drug_facts": ("gene_drug_interactions", "drug_interactions"),
    "pharmgkb_annotation_facts": ("pharmacogenomic_annotations",),
    "pharmgkb_pathway_facts": ("gene_pathways",),
    "pharmgkb_reactions": ("pharmgkb_pathway_reactions",),
    "go_facts": ("go_terms", "go_term_set_members"),
    "go_payload_sets": ("go_term_sets",),
    "annotation_facts": ("gene_annotations",),
    "cross_reference_facts": ("gene_cross_references",),
    "reference_facts": ("gene_publications", "publications"),
}
_MODELS = {r.name: r.columns for r in RELATIONS}


def extraction_columns(relation: str) -> dict[str, str]:
    """The columns of an extraction relation in their order, each with its description.

    >>> extraction_columns("go_payload_sets")["term_count"]
    'Terms in the set'
    """
    names = _ORDER[relation].split()
    texts = {**_COMMON, **_OWN.get(relation, {})}
    for table in _GOES_TO.get(relation, ()):
        texts = _MODELS[table] | texts
    return {name: texts[name] for name in names}


def extraction_types(relation: str) -> dict[str, str]:
    """The types of the columns of an extraction relation, as `format_type` prints them.

    >>> extraction_types("go_payload_sets")
    {'payload_id': 'bigint', 'term_count': 'integer', 'go_set_id': 'bigint'}
    """
    known = {name: kind for kind, names in _TYPES.items() for name in names.split()} | _OTHER_TYPES.get(relation, {})
    return {name: known.get(name, "text") for name in _ORDER[relation].split()}
