alter table transcripts add constraint transcripts_pkey primary key (transcript_id) with (fillfactor = 100);
create index transcripts_gene_id_idx on transcripts (gene_id) with (fillfactor = 100);
create index transcripts_go_set_id_idx on transcripts (go_set_id) with (fillfactor = 100);
