-- Grain: one row per row of the file that has an id. Kinds and reasons are the letters of ../../codes.py.
create temporary table incoming (
  row_number integer not null,
  raw_id text not null,
  id_kind "char" not null,
  lookup_id text not null,
  fold_change double precision,
  log2_fold_change double precision,
  p_value double precision,
  adjusted_p_value double precision,
  base_mean double precision,
  average_expression double precision,
  standard_error double precision,
  na_reason "char"
) on commit drop;
