create table pharmacogenomic_annotations (
  annotation_id text not null,
  gene_id text not null,
  variant_identifier text,
  drug_name text not null,
  phenotype text,
  phenotype_category text,
  clinical_significance text,
  evidence_level text,
  score numeric,
  population text,
  pmids text[] not null,
  pharmgkb_url text,
  kind text not null,
  variant_list text,
  details jsonb not null
);
