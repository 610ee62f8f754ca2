alter table pharmgkb_pathway_reactions add constraint pharmgkb_pathway_reactions_pathway_id_fkey
  foreign key (pathway_id) references pathways (pathway_id) deferrable initially immediate;
