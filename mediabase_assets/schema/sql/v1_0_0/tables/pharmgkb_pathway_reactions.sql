create table pharmgkb_pathway_reactions (
  pathway_id text not null,
  reaction_index integer not null,
  from_entity text,
  to_entity text,
  reaction_type text,
  control_type text,
  cell_type text,
  controller_genes text[] not null,
  drugs text[] not null,
  diseases text[] not null,
  pmids text[] not null,
  summary text
);
