-- legacy_curation: one row per value that a rule changes or leaves out, in the rows and values of the snapshot; of a row that is left
-- out, one per column that held anything. legacy_rows and legacy_payloads hold what the rules made of the legacy table.
create table legacy_curation (
  rule_id text not null,
  decision text not null,
  operation text not null,
  row_digest text,
  transcript_id text,
  gene_id text,
  identity uuid,
  payload_id bigint,
  legacy_column text not null,
  path text[] not null,
  json_path text not null,
  raw_value jsonb,
  new_value jsonb,
  n_rows bigint not null,
  facts bigint not null
);

create temporary table rules_now (
  rule_id text, decision text, operation text, legacy_column text, path text[], is_exact boolean, said jsonb, pattern text,
  gene_id text, symbol text, transcript_id text, new_value jsonb, access text
) on commit drop;
