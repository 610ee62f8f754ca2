-- The GO terms of all transcripts, stored once per distinct set: transcripts.go_set_id names the set of a transcript.
create table go_term_sets (
  go_set_id bigint not null,
  term_count integer not null
);
create table go_term_set_members (
  go_set_id bigint not null,
  go_id text not null,
  evidence_code varchar(10),
  qualifier text,
  is_inherited boolean not null,
  inherited_from text,
  pmids text[] not null
);
