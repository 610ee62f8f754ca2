-- The rules about what is in quarantine, what there is, and whether a rule decides about an entry: by its path as the quarantine writes it.
create temporary table quarantine_rules (
  rule_id text, legacy_column text, reason text, path_pattern text, said jsonb, pattern text, gene text, transcript_id text, genes text[]
) on commit drop;

create temporary view quarantine_now as
with built as (select distinct asset, migration_id from built_relations)
select q.transcript_id, q.gene_id, q.legacy_column, q.json_path, q.raw_value, q.reason, 'quarantined' as account
from quarantine as q join built using (asset, migration_id)
union all
select transcript_id, gene_id, legacy_column, json_path, raw_value, reason, 'quarantined'
from quarantine where asset = current_setting('mediabase.asset') and migration_id = current_setting('mediabase.migration_id');

create or replace function pg_temp.decides(
  path_pattern text, said jsonb, pattern text, genes text[], rule_transcript text, transcript text, gene text, path text, raw jsonb)
returns boolean
language sql immutable as $$
select (path_pattern is null or path ~ path_pattern)
  and (genes is null or gene = any (genes))
  and (rule_transcript is null or transcript = rule_transcript)
  and case
    when said is not null then coalesce(raw = said or raw #>> '{}' = said #>> '{}', false)
    when pattern is not null then coalesce(raw #>> '{}' ~ pattern, false)
    else true end
$$;
