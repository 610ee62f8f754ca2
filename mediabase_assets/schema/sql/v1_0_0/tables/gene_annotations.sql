create table gene_annotations (
  gene_id text not null,
  annotation_type text not null,
  annotation_value text not null,
  source text not null
);
