-- What the comparisons find. account: one row per legacy column and explanation, with the facts explained so.
-- differences: one row per fact that nothing explains.
-- rough statistics are enough to choose between joins; finer ones of wide rows cost seconds
set local default_statistics_target = 10;
create unlogged table account (legacy_column text, explanation text, reason text, facts bigint);
create unlogged table differences (
  transcript_id text, gene_id text, legacy_column text, path text, legacy_value text, view_value text, stored_in text);
create unlogged table derived (relation text, key text, column_name text, found text, expected text);
