alter table go_term_sets add constraint go_term_sets_pkey primary key (go_set_id) with (fillfactor = 100);
alter table go_term_set_members add constraint go_term_set_members_pkey primary key (go_set_id, go_id) with (fillfactor = 100);
create index go_term_set_members_go_id_idx on go_term_set_members (go_id) with (fillfactor = 100);
