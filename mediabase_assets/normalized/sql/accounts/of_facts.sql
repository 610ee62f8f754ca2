-- The account of a table of gene grain, from the temporary view account_facts (one row per fact as read):
-- of the facts that say the same, the first is kept or repaired, the others (and its copies on other rows) are merged.
-- For the kinds in which the table is the primary place, facts_read comes from fact_counts, which never saw these facts.
with told as (
  select
    split_part(field, '.', 1) as legacy_column, fact_kind, is_primary, sum(n) as n,
    count(*) filter (where is_first and repairs = '{}') as kept,
    coalesce(sum(case when is_first then n - 1 else n end) filter (where reason is null), 0) as merged,
    count(*) filter (where is_first and repairs <> '{}') as repaired,
    coalesce(sum(n) filter (where reason is not null), 0) as quarantined
  from account_facts
  group by 1, 2, 3
),
counted as (
  select c.legacy_column, c.fact_kind, sum(c.facts_read) as facts_read, sum(c.facts_of_gene) as facts_of_gene
  from fact_counts as c
  join jsonb_array_elements(current_setting('mediabase.counted')::jsonb) as k on c.field = k ->> 0 and c.fact_kind = k ->> 1
  group by 1, 2
)
select
  coalesce(c.legacy_column, t.legacy_column) as legacy_column, coalesce(c.fact_kind, t.fact_kind) as fact_kind,
  coalesce(t.is_primary, true) as is_primary,
  coalesce(c.facts_read, t.n)::bigint as facts_read, coalesce(t.kept, 0)::bigint as kept, coalesce(t.merged, 0)::bigint as merged,
  coalesce(t.repaired, 0)::bigint as repaired, (coalesce(t.quarantined, 0) + coalesce(c.facts_of_gene, 0))::bigint as quarantined,
  0::bigint as archived
from counted as c
full join told as t on t.legacy_column = c.legacy_column and t.fact_kind = c.fact_kind and t.is_primary;
