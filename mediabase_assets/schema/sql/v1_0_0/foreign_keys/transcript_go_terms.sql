alter table go_term_set_members add constraint go_term_set_members_go_set_id_fkey
  foreign key (go_set_id) references go_term_sets (go_set_id) on delete cascade deferrable initially immediate;
alter table go_term_set_members add constraint go_term_set_members_go_id_fkey
  foreign key (go_id) references go_terms (go_id) deferrable initially immediate;
alter table transcripts add constraint transcripts_go_set_id_fkey
  foreign key (go_set_id) references go_term_sets (go_set_id) deferrable initially immediate;
