-- Grain: one row per gene whose facts in the given legacy columns the migration read differently from what stands there
-- (a list where an object belongs, a spelling that was normalized, an entry in quarantine ...), with the reasons.
-- Parameters: columns, reasons. Inputs: 
select e.gene_id, array_agg(distinct e.reason order by e.reason) as reasons
from (
  select q.gene_id, q.reason, q.legacy_column, q.asset, q.migration_id from quarantine as q
  union all
  select r.gene_id, r.reason, r.legacy_column, r.asset, r.migration_id from repairs as r
) as e
join (select distinct asset, migration_id from built_relations) as b using (asset, migration_id)
where e.legacy_column = any(%(columns)s) and e.reason = any(%(reasons)s) and e.gene_id is not null
group by e.gene_id
