-- The account of the legacy rows as wholes, and of the columns and JSON keys of transcript grain.
with rows as (
  select t.*, s.outcome
  from transcript_candidates as t join row_states as s using (raw_transcript_id)
),
keyed as (
  select
    s.outcome,
    (f ? 'TSL')::integer + (f ? 'annotation_level')::integer + (f ? 'annotation_tags')::integer + (f ? 'gene_id_versioned')::integer
      + (f ? 'transcript_id_versioned')::integer as features,
    (t.raw_support_level is not null and t.support_level is null and t.raw_support_level <> 'NA')::integer
      + (t.raw_annotation_level is not null and t.annotation_level is null)::integer as bad_features, t.par_features,
    (a ? 'transcript_name')::integer + (a ? 'CCDS')::integer + (a ? 'HAVANA')::integer + (a ? 'RefSeq_protein')::integer as ids,
    (t.protein_state = 'bad')::integer as bad_ids, (t.protein_state = 'relabelled')::integer as relabelled_ids
  from legacy_rows as r
  cross join lateral (select object_of(r.features) as f, object_of(r.alt_transcript_ids) as a offset 0) as objects
  join row_states as s on s.raw_transcript_id = r.transcript_id
  join transcript_candidates as t on t.raw_transcript_id = r.transcript_id
)
select 'transcript_id' as legacy_column, 'transcript' as fact_kind, true as is_primary, (select count(*) from legacy_rows) as facts_read,
  count(*) filter (where outcome = 'kept') as kept, count(*) filter (where outcome = 'merged') as merged,
  count(*) filter (where outcome = 'repaired') as repaired, count(*) filter (where outcome = 'quarantined') as quarantined, 0::bigint as archived
from rows
union all
select 'chromosome', 'chromosome of a row', true, (select count(*) from legacy_rows where clean_text(chromosome) is not null),
  count(chromosome) filter (where outcome in ('kept', 'repaired')), count(chromosome) filter (where outcome = 'merged'), 0,
  count(chromosome) filter (where outcome = 'quarantined'), 0
from rows
union all
select 'coordinates', 'interval', true,
  (select count(*) from legacy_rows where coordinates is not null),
  count(*) filter (where coordinates_state = 'read' and not coordinates_coerced and outcome in ('kept', 'repaired')),
  count(*) filter (where coordinates_state = 'read' and outcome = 'merged'),
  count(*) filter (where coordinates_state = 'read' and coordinates_coerced and outcome in ('kept', 'repaired')),
  count(*) filter (where coordinates_state = 'bad' or coordinates_state = 'read' and outcome = 'quarantined'), 0
from rows
union all
select 'expression_fold_change', 'fold change', true, (select count(expression_fold_change) from legacy_rows),
  count(expression_fold_change) filter (where outcome in ('kept', 'repaired')), count(expression_fold_change) filter (where outcome = 'merged'), 0,
  count(raw_fold_change) filter (where outcome = 'quarantined' or expression_fold_change is null), 0
from rows
union all
select 'features', 'transcript feature', true,
  (select coalesce(sum((features ? 'TSL')::integer + (features ? 'annotation_level')::integer + (features ? 'annotation_tags')::integer
    + (features ? 'gene_id_versioned')::integer + (features ? 'transcript_id_versioned')::integer), 0)
   from legacy_rows where jsonb_typeof(features) = 'object'),
  coalesce(sum(features - bad_features - par_features) filter (where outcome in ('kept', 'repaired')), 0)::bigint,
  coalesce(sum(features - bad_features) filter (where outcome = 'merged'), 0)::bigint,
  coalesce(sum(par_features) filter (where outcome in ('kept', 'repaired')), 0)::bigint,
  coalesce(sum(case when outcome = 'quarantined' then features else bad_features end), 0)::bigint, 0
from keyed
union all
select 'alt_transcript_ids', 'transcript identifier', true,
  (select coalesce(sum((alt_transcript_ids ? 'transcript_name')::integer + (alt_transcript_ids ? 'CCDS')::integer
    + (alt_transcript_ids ? 'HAVANA')::integer + (alt_transcript_ids ? 'RefSeq_protein')::integer), 0)
   from legacy_rows where jsonb_typeof(alt_transcript_ids) = 'object'),
  coalesce(sum(ids - bad_ids - relabelled_ids) filter (where outcome in ('kept', 'repaired')), 0)::bigint,
  coalesce(sum(ids - bad_ids) filter (where outcome = 'merged'), 0)::bigint,
  coalesce(sum(relabelled_ids) filter (where outcome in ('kept', 'repaired')), 0)::bigint,
  coalesce(sum(case when outcome = 'quarantined' then ids else bad_ids end), 0)::bigint, 0
from keyed;
