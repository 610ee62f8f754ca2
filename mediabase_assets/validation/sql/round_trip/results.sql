-- What the comparisons find. account: one row per legacy column and explanation, with the facts explained so.
-- differences: one row per fact that nothing explains.
-- What every file here does for speed, each for a reason that was measured: "offset bigint '0'" keeps a subquery apart so that its
-- values are computed once; with "offset 0" PostgreSQL would not run it on several cores. Nor does it run subqueries that refer to
-- a row outside, so these are functions (readers.sql). Rows go into a table of their own before the few that differ are inserted:
-- only "create table as" runs on several cores. And "values" with expressions of a row compiles them for every row; arrays do not.
create unlogged table account (legacy_column text, explanation text, reason text, facts bigint);
create unlogged table differences (
  transcript_id text, gene_id text, legacy_column text, path text, legacy_value text, view_value text, stored_in text);
