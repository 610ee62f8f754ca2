-- columns whose account does not balance, kinds of facts that no table accounts for, and quarantined facts without an entry
select legacy_column, 'account' as what, facts_read as facts, kept + merged + repaired + quarantined + archived as accounted
from column_account
where migration_id = current_setting('mediabase.migration_id') and facts_read <> kept + merged + repaired + quarantined + archived
union all
select c.legacy_column, c.fact_kind, c.facts_read, coalesce(a.facts_read, 0)
from (select legacy_column, fact_kind, sum(facts_read)::bigint as facts_read from fact_counts group by 1, 2) as c
left join (
  select r.legacy_column, r.fact_kind, sum(r.facts_read) as facts_read
  from row_account as r
  join (select distinct asset, migration_id from built_relations) as b using (asset, migration_id)
  where r.is_primary group by 1, 2) as a using (legacy_column, fact_kind)
where c.facts_read is distinct from coalesce(a.facts_read, 0)
union all
select a.legacy_column, 'entries in quarantine', a.quarantined, coalesce(q.facts, 0)
from column_account as a
left join (
  select r.legacy_column, sum(r.facts)::bigint as facts
  from reason_account as r
  join (select distinct asset, migration_id from built_relations) as b using (asset, migration_id)
  where r.outcome = 'quarantined' group by 1) as q using (legacy_column)
where a.migration_id = current_setting('mediabase.migration_id') and a.quarantined is distinct from coalesce(q.facts, 0)
