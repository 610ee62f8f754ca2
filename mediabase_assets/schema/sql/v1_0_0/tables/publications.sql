create table publications (
  publication_id bigint not null,
  pmid text,
  title text,
  abstract text,
  authors text[],
  journal text,
  publication_year smallint,
  doi text,
  url text,
  citation_count integer
);
