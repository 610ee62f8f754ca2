-- Grain: one row per column of the legacy table: where its facts went. Carried columns from the primary lines of the row
-- accounts of the assets as they were last built, archived ones from the snapshot.
insert into column_account (
  migration_id, legacy_column, fate, facts_read, kept, merged, repaired, quarantined, archived, explanation)
with carried as (
  select a.legacy_column, sum(a.facts_read) as facts_read, sum(a.kept) as kept, sum(a.merged) as merged, sum(a.repaired) as repaired,
    sum(a.quarantined) as quarantined, sum(a.archived) as archived,
    string_agg(format('%s %s in %s', a.facts_read, a.fact_kind, split_part(a.asset, '/', 2)), '; ' order by a.fact_kind collate "C", a.asset collate "C") as explanation
  from row_account as a
  join (select distinct asset, migration_id from built_relations) as b using (asset, migration_id)
  where a.is_primary
  group by a.legacy_column
)
select current_setting('mediabase.migration_id'), c.name, c.fate,
  case when c.fate = 'archived' then coalesce((s.archived ->> c.name)::bigint, 0) else coalesce(k.facts_read, 0) end,
  coalesce(k.kept, 0), coalesce(k.merged, 0), coalesce(k.repaired, 0), coalesce(k.quarantined, 0),
  case when c.fate = 'archived' then coalesce((s.archived ->> c.name)::bigint, 0) else coalesce(k.archived, 0) end,
  case when c.fate = 'archived' then c.why else coalesce(k.explanation, 'no facts') end
from jsonb_to_recordset(current_setting('mediabase.legacy_columns')::jsonb) as c (name text, fate text, why text)
cross join legacy_snapshot as s
left join carried as k on k.legacy_column = c.name and c.fate = 'carried';
