-- Grain: one row per legacy column (and pseudo column) and kind of fact: how many facts the legacy table holds there,
-- counted from the values as they are, not from what the fact relations made of them. The left side of the accounts.
-- facts_of_gene: those among them whose gene is not kept, which are quarantined with it as a whole.
-- Input: gene_payloads.
create unlogged table fact_counts as
with counted as (
  select field, legacy_column,
    case
      when field = 'go_terms' then 'GO annotation'
      when field in ('molecular_functions', 'cellular_location', 'product_type') then 'annotation'
      when field in ('pathways', 'features.pathways', 'pharmgkb_pathways') then 'pathway'
      when field in ('source_references', 'publications') then 'reference'
      when field = 'features' then 'feature'
      else 'identifier'
    end as fact_kind,
    -- count_facts without the call of a function, which costs more than the count
    n * case
      when jsonb_typeof(value) = 'array' then jsonb_array_length(value)
      when jsonb_typeof(value) <> 'object' then 1
      when field in ('source_references', 'publications', 'go_terms') then
        (select coalesce(sum(case when jsonb_typeof(v) = 'array' then jsonb_array_length(v) else 1 end), 0) from jsonb_each(value) as s (k, v))
      else (select count(*) from jsonb_object_keys(value))
    end as facts, reason
  from gene_payloads where field not in ('drugs', 'pharmgkb_variants')
  union all
  select field, legacy_column, kind, n * facts, reason
  from gene_payloads
  cross join lateral (
    select object_of(value) - 'pharmgkb_data' as other, object_of(value) -> 'pharmgkb_data' as pharmgkb offset 0) as parts
  cross join lateral (values
    ('drug', case when jsonb_typeof(value) <> 'object' then count_facts(field, value)
      else count_facts(field, other) + (pharmgkb is not null and jsonb_typeof(pharmgkb) <> 'object')::integer end),
    ('clinical annotation', count_annotations(case when jsonb_typeof(object_of(pharmgkb) -> 'clinical_annotations') = 'array'
      then pharmgkb -> 'clinical_annotations' else '[]' end, 'drug')),
    ('pathway', (select count(*) from jsonb_object_keys(object_of(object_of(pharmgkb) -> 'pathway_data')))),
    ('PharmGKB record', (select count(*) from jsonb_each(object_of(pharmgkb)) as e (k, v)
      where not (k = 'clinical_annotations' and jsonb_typeof(v) = 'array') and not (k = 'pathway_data' and jsonb_typeof(v) = 'object'))),
    ('cited reference', (select coalesce(sum(jsonb_array_length(v -> 'references')), 0) from jsonb_each(object_of(value)) as e (k, v)
      where jsonb_typeof(v -> 'references') = 'array'))
  ) as k (kind, facts)
  where field = 'drugs'
  union all
  select field, legacy_column, kind, n * facts, reason
  from gene_payloads
  cross join lateral (values
    ('variant annotation', (select coalesce(sum(count_annotations(v, 'drugs')), 0) from jsonb_each(object_of(value)) as e (k, v)
      where k in ('high_impact_variants', 'cyp450_variants', 'cancer_relevant_variants') and jsonb_typeof(v) = 'array')),
    ('PharmGKB record', case when jsonb_typeof(value) = 'object' then (select count(*) from jsonb_each(value) as e (k, v)
      where not (k in ('high_impact_variants', 'cyp450_variants', 'cancer_relevant_variants') and jsonb_typeof(v) = 'array'))
      else count_facts(field, value) end)
  ) as k (kind, facts)
  where field = 'pharmgkb_variants'
)
select field, legacy_column, fact_kind, sum(facts)::bigint as facts_read,
  coalesce(sum(facts) filter (where reason is not null), 0)::bigint as facts_of_gene
from counted
group by field, legacy_column, fact_kind;
