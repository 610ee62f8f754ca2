alter table go_terms add constraint go_terms_pkey primary key (go_id) with (fillfactor = 100);
create index go_terms_term_name_idx on go_terms (term_name) with (fillfactor = 100) where octet_length(term_name) < 2000;
