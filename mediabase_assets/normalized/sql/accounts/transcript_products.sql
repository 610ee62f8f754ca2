-- The account of product_type at transcript grain: a fact is one member of the array of one legacy row.
with states as (
  select product_payload_id as payload_id, count(*) filter (where outcome in ('kept', 'repaired')) as n_kept,
    count(*) filter (where outcome = 'merged') as n_merged, count(*) filter (where outcome = 'quarantined') as n_quarantined
  from row_states where product_payload_id is not null group by 1
)
select c.legacy_column, c.fact_kind, true as is_primary, c.facts_read,
  coalesce(sum(n_kept) filter (where is_first_in_value and repairs = '{}'), 0)::bigint as kept,
  coalesce(sum(case when is_first_in_value then n_merged else n_kept + n_merged end) filter (where reason is null), 0)::bigint as merged,
  coalesce(sum(n_kept) filter (where is_first_in_value and repairs <> '{}'), 0)::bigint as repaired,
  (coalesce(sum(n_quarantined) filter (where reason is null), 0) + coalesce(sum(f.n) filter (where reason is not null), 0) + c.facts_of_gene)::bigint
    as quarantined,
  0::bigint as archived
from fact_counts as c
left join annotation_facts as f on f.field = 'product_type'
left join states as s on s.payload_id = f.payload_id
where c.field = 'product_type'
group by c.legacy_column, c.fact_kind, c.facts_read, c.facts_of_gene;
