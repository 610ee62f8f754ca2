create table gene_cross_references (
  gene_id text not null,
  external_db text not null,
  external_id text not null,
  external_version integer,
  is_primary boolean not null,
  source text not null
);
