create table go_terms (
  go_id text not null,
  term_name text,
  category text,
  definition text
);
