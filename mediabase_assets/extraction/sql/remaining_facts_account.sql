-- The account of the keys that have no target: archived where they are known, quarantined where they are not.
select c.legacy_column, c.fact_kind, true as is_primary, sum(c.facts_read)::bigint as facts_read, 0::bigint as kept, 0::bigint as merged,
  0::bigint as repaired, (coalesce(min(r.quarantined), 0) + sum(c.facts_of_gene))::bigint as quarantined, coalesce(min(r.archived), 0)::bigint as archived
from fact_counts as c
left join (
  select field, sum(n) filter (where archived) as archived, sum(n) filter (where not archived) as quarantined from remaining_facts group by field
) as r on r.field = c.field
where c.fact_kind in ('feature', 'PharmGKB record')
group by c.legacy_column, c.fact_kind, c.field;
