create table pathways (
  pathway_id text not null,
  pathway_name text,
  source_database text not null,
  species text,
  pathway_url text,
  parent_pathway_id text,
  pathway_level integer,
  pathway_category text,
  drug_focus text,
  clinical_relevance jsonb
);
