create table gene_publications (
  gene_id text not null,
  publication_id bigint not null,
  pmid text,
  evidence_type text,
  source_db text not null,
  mention_count integer not null,
  relevance_score numeric(3,2),
  details jsonb
);
