alter table pharmgkb_pathway_reactions add constraint pharmgkb_pathway_reactions_pkey primary key (pathway_id, reaction_index) with (fillfactor = 100);
