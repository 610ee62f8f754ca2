alter table pathways add constraint pathways_pkey primary key (pathway_id);
create index pathways_pathway_name_idx on pathways (pathway_name) where octet_length(pathway_name) < 2000;
