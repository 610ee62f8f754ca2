create table gene_pathways (
  gene_id text not null,
  pathway_id text not null,
  pathway_name text,
  pathway_source text not null,
  parent_pathway_id varchar(100),
  pathway_level integer default 1,
  pathway_category varchar(200),
  evidence_code varchar(10),
  confidence_score numeric(3,2),
  gene_role varchar(100),
  pmids text[] not null default '{}',
  details jsonb,
  created_at timestamptz not null default now()
);
