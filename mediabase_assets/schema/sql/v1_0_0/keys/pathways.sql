alter table pathways add constraint pathways_pkey primary key (pathway_id) with (fillfactor = 100);
create index pathways_pathway_name_idx on pathways (pathway_name) with (fillfactor = 100) where octet_length(pathway_name) < 2000;
