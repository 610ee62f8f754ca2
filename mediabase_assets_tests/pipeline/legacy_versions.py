"""The legacy table as the old programs wrote it in other years, by statements that make it of today's."""

TABLE = "alter table cancer_transcript_base "


ANNOTATION = [
    "product_type",
    "go_terms",
    "pathways",
    "drugs",
    "expression_fold_change",
    "expression_freq",
    "cancer_types",
    "features",
    "molecular_functions",
    "cellular_location",
    "drug_scores",
    "alt_transcript_ids",
    "alt_gene_ids",
    "uniprot_ids",
    "ncbi_ids",
    "refseq_ids",
    "source_references",
    "pdb_ids",
    "pharmgkb_pathways",
    "evidence_quality_metrics",
    "pharmgkb_variants",
]


ERAS = {
    "E1, versioned ids": [
        "update cancer_transcript_base set transcript_id = features->>'transcript_id_versioned',"
        " gene_id = features->>'gene_id_versioned', features = '{}'"
    ],
    "E2, versioned transcripts": [
        "update cancer_transcript_base set transcript_id = features->>'transcript_id_versioned', features = '{}'"
    ],
    "v0.1.0, six columns": [TABLE + ", ".join(f"drop column {name} cascade" for name in ANNOTATION)],
    "v0.1.3, publications and another column": [
        TABLE + "add publications jsonb default '[]', add mystery int default 5, alter gene_symbol type varchar(80)",
        "update cancer_transcript_base set publications = source_references -> 'publications'",
        TABLE + "drop column source_references cascade, alter column coordinates type json",
    ],
}
