create table transcript_products (
  product_id bigint not null,
  transcript_id text not null,
  uniprot_id text,
  protein_name text,
  product_type text not null,
  function_description text,
  ensembl_protein_id text
);
