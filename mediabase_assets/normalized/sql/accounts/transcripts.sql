-- The account of the legacy rows as wholes, and of the columns and JSON keys of transcript grain. The left side, `held`, is counted
-- from the legacy rows alone; `rows` and `keyed` tell by outcome what became of them.
with held as (
  select
    count(*) as rows, count(clean_text(chromosome)) as chromosomes, count(coordinates) as coordinates, count(expression_fold_change) as fold_changes,
    coalesce(sum((features ? 'TSL')::integer + (features ? 'annotation_level')::integer + (features ? 'annotation_tags')::integer
      + (features ? 'gene_id_versioned')::integer + (features ? 'transcript_id_versioned')::integer)
      filter (where jsonb_typeof(features) = 'object'), 0) as features,
    coalesce(sum((alt_transcript_ids ? 'transcript_name')::integer + (alt_transcript_ids ? 'CCDS')::integer
      + (alt_transcript_ids ? 'HAVANA')::integer + (alt_transcript_ids ? 'RefSeq_protein')::integer)
      filter (where jsonb_typeof(alt_transcript_ids) = 'object'), 0) as ids
  from legacy_rows
),
rows as materialized (
  select
    s.outcome, count(*) as n, count(t.chromosome) as chromosomes, count(t.chromosome_said) as said_chromosomes,
    count(*) filter (where t.changed <> '{}' and t.changed[1] like 'chromosome|%') as spelled_chromosomes,
    count(*) filter (where t.coordinates_state = 'read' and not t.coordinates_coerced) as intervals,
    count(*) filter (where t.coordinates_state = 'read' and t.coordinates_coerced) as coerced,
    count(*) filter (where t.coordinates_state = 'bad') as bad_intervals,
    count(t.expression_fold_change) as fold_changes, count(t.raw_fold_change) as raw_fold_changes
  from transcript_candidates as t
  join row_states as s using (raw_transcript_id)
  group by s.outcome
),
keyed as materialized (
  select
    s.outcome,
    coalesce(sum((f ? 'TSL')::integer + (f ? 'annotation_level')::integer + (f ? 'annotation_tags')::integer
      + (f ? 'gene_id_versioned')::integer + (f ? 'transcript_id_versioned')::integer), 0) as features,
    coalesce(sum(case when t.set_aside <> '{}' then (select count(*) from unnest(t.set_aside) as c where c like 'features|%') end), 0) as bad_features,
    coalesce(sum(case when t.changed <> '{}' then (select count(*) from unnest(t.changed) as c where c like 'features|%') end), 0) as changed_features,
    coalesce(sum((a ? 'transcript_name')::integer + (a ? 'CCDS')::integer + (a ? 'HAVANA')::integer + (a ? 'RefSeq_protein')::integer), 0) as ids,
    coalesce(sum(case when t.set_aside <> '{}' then (select count(*) from unnest(t.set_aside) as c where c like 'alt\_%') end), 0) as bad_ids,
    count(t.ensembl_protein_id)
      + coalesce(sum(case when t.changed <> '{}' then (select count(*) from unnest(t.changed) as c where c like 'alt\_%') end), 0) as changed_ids
  from legacy_rows as r
  cross join lateral (select object_of(r.features) as f, object_of(r.alt_transcript_ids) as a offset 0) as objects
  join row_states as s on s.raw_transcript_id = r.transcript_id
  join transcript_candidates as t on t.raw_transcript_id = r.transcript_id
  group by s.outcome
),
told (legacy_column, fact_kind, facts_read, kept, merged, repaired, quarantined) as (
  select 'transcript_id', 'transcript', (select rows from held),
    sum(n) filter (where outcome = 'kept'), sum(n) filter (where outcome = 'merged'), sum(n) filter (where outcome = 'repaired'),
    sum(n) filter (where outcome = 'quarantined')
  from rows
  union all
  select 'chromosome', 'chromosome of a row', (select chromosomes from held),
    sum(chromosomes - spelled_chromosomes) filter (where outcome in ('kept', 'repaired')), sum(chromosomes) filter (where outcome = 'merged'),
    sum(spelled_chromosomes) filter (where outcome in ('kept', 'repaired')),
    sum(case when outcome = 'quarantined' then said_chromosomes else said_chromosomes - chromosomes end)
  from rows
  union all
  select 'coordinates', 'interval', (select coordinates from held),
    sum(intervals) filter (where outcome in ('kept', 'repaired')), sum(intervals + coerced) filter (where outcome = 'merged'),
    sum(coerced) filter (where outcome in ('kept', 'repaired')),
    sum(case when outcome = 'quarantined' then intervals + coerced + bad_intervals else bad_intervals end)
  from rows
  union all
  select 'expression_fold_change', 'fold change', (select fold_changes from held),
    sum(fold_changes) filter (where outcome in ('kept', 'repaired')), sum(fold_changes) filter (where outcome = 'merged'), 0,
    sum(case when outcome = 'quarantined' then raw_fold_changes else raw_fold_changes - fold_changes end)
  from rows
  union all
  select 'features', 'transcript feature', (select features from held),
    sum(features - bad_features - changed_features) filter (where outcome in ('kept', 'repaired')),
    sum(features - bad_features) filter (where outcome = 'merged'),
    sum(changed_features) filter (where outcome in ('kept', 'repaired')),
    sum(case when outcome = 'quarantined' then features else bad_features end)
  from keyed
  union all
  select 'alt_transcript_ids', 'transcript identifier', (select ids from held),
    sum(ids - bad_ids - changed_ids) filter (where outcome in ('kept', 'repaired')),
    sum(ids - bad_ids) filter (where outcome = 'merged'),
    sum(changed_ids) filter (where outcome in ('kept', 'repaired')),
    sum(case when outcome = 'quarantined' then ids else bad_ids end)
  from keyed
)
select
  legacy_column, fact_kind, true as is_primary, facts_read::bigint as facts_read, coalesce(kept, 0)::bigint as kept,
  coalesce(merged, 0)::bigint as merged, coalesce(repaired, 0)::bigint as repaired, coalesce(quarantined, 0)::bigint as quarantined,
  0::bigint as archived
from told;
