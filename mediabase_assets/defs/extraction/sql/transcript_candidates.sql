-- Grain: one row per legacy row, its transcript-grain values read and typed.
-- Rule: of rows with one stable id the one not on PAR_Y wins, then the highest version, then the first raw id; an equal
-- row is merged, another one is quarantined with the winner. Whether the gene is kept is told by gene_candidates.
-- Inputs: legacy_rows, gene_identities.
create unlogged table transcript_candidates as
with identified as (
  select
    r.*, i.gene_id as resolved_gene_id, i.reason as gene_id_reason, i.is_par_id as is_par_gene_id, i.is_par as is_par_gene,
    ensembl_id(r.transcript_id, 'ENST') as own,
    ensembl_id(r.feature_transcript_id, 'ENST') as feature
  from (select *, object_of(features) ->> 'transcript_id_versioned' as feature_transcript_id from legacy_rows offset 0) as r
  join gene_identities as i using (identity)
  offset 0
),
parsed as (
  select
    r.transcript_id as raw_transcript_id, r.identity, r.resolved_gene_id as gene_id, r.gene_id_reason,
    own[1] collate "C" as transcript_id,
    coalesce(own[3] = 'par', false) as is_par_id,
    coalesce(own[2], case when feature[1] = own[1] then feature[2] end)::integer as transcript_version,
    own[2] is not null as is_versioned,
    r.is_par_gene or coalesce(own[3] = 'par', false) or coalesce(feature[3] = 'par', false) as is_par,
    r.is_par_gene_id,
    clean_text(r.gene_type) collate "C" as gene_type,
    clean_text(r.chromosome) collate "C" as chromosome,
    r.coordinates as raw_coordinates,
    json_number(r.coordinates -> 'start') as start_number,
    json_number(r.coordinates -> 'end') as end_number,
    case json_text(r.coordinates -> 'strand')
      when '1' then 1 when '+' then 1 when '+1' then 1 when '-1' then -1 when '-' then -1 end as strand_number,
    r.expression_fold_change as raw_fold_change,
    json_text(a -> 'transcript_name') as transcript_name,
    coalesce((f ->> 'gene_id_versioned' like '%\_PAR\_Y')::integer, 0) + coalesce((f ->> 'transcript_id_versioned' like '%\_PAR\_Y')::integer, 0)
      as par_features,
    json_text(f -> 'TSL') as raw_support_level,
    json_text(f -> 'annotation_level') as raw_annotation_level,
    json_text(f -> 'annotation_tags') as raw_tags,
    json_text(a -> 'CCDS') as ccds_id,
    json_text(a -> 'HAVANA') as havana_id,
    json_text(a -> 'RefSeq_protein') as raw_protein_id,
    r.go_terms, r.product_type
  from identified as r
  cross join lateral (select object_of(r.features) as f, object_of(r.alt_transcript_ids) as a offset 0) as objects
  offset 0
),
placed as (
  select
    *,
    case
      when raw_coordinates is null then 'absent'
      when start_number >= 1 and start_number < end_number and end_number < 1e10
        and start_number = trunc(start_number) and end_number = trunc(end_number) then 'read'
      else 'bad'
    end as coordinates_state,
    case when raw_fold_change > 0 and raw_fold_change < 'Infinity'::float8 then raw_fold_change end as expression_fold_change
  from parsed
  offset 0
),
typed as (
  select
    *,
    case when coordinates_state = 'read' then
      jsonb_build_object('start', start_number::bigint, 'end', end_number::bigint, 'strand', strand_number) end as coordinates,
    count(*) over (partition by transcript_id) as rows_of_id,
    row_number() over of_id as rank_of_id,
    first_value(raw_transcript_id) over of_id as winner_raw_id
  from placed
  window of_id as (
    partition by transcript_id
    order by (gene_id is null), (is_par_id or is_par_gene_id), transcript_version desc nulls last, raw_transcript_id)
),
-- Only rows that share a stable id are compared: hardly any.
compared as (
  select
    t.*,
    w.gene_id as winner_gene_id,
    w.raw_transcript_id is not null
      and (t.gene_id, t.gene_type, t.chromosome, t.coordinates, t.transcript_name, t.ccds_id, t.havana_id, t.raw_protein_id,
        t.raw_support_level, t.raw_annotation_level, t.raw_tags, t.raw_fold_change, t.go_terms, t.product_type)
      is not distinct from
        (w.gene_id, w.gene_type, w.chromosome, w.coordinates, w.transcript_name, w.ccds_id, w.havana_id, w.raw_protein_id,
        w.raw_support_level, w.raw_annotation_level, w.raw_tags, w.raw_fold_change, w.go_terms, w.product_type) as equals_winner
  from typed as t
  left join (select * from typed where rows_of_id > 1 and rank_of_id = 1) as w on t.rank_of_id > 1 and w.transcript_id = t.transcript_id
)
select
  raw_transcript_id, identity, transcript_id, transcript_version, is_par, gene_id, gene_type, chromosome,
  raw_coordinates, coordinates, coordinates_state,
  coordinates_state = 'read' and (
    jsonb_typeof(raw_coordinates -> 'start') <> 'number' or jsonb_typeof(raw_coordinates -> 'end') <> 'number'
    or coalesce(jsonb_typeof(raw_coordinates -> 'strand'), '') <> 'number' or strand_number is null) as coordinates_coerced,
  raw_fold_change, expression_fold_change,
  transcript_name, par_features, raw_support_level,
  case when raw_support_level ~ '^[0-9]{1,4}( .*)?$' then substring(raw_support_level from '^[0-9]+')::smallint end as support_level,
  raw_annotation_level,
  case when raw_annotation_level ~ '^[0-9]{1,4}$' then raw_annotation_level::smallint end as annotation_level,
  case when raw_tags is not null then string_to_array(raw_tags, ',') end as tags,
  ccds_id, havana_id,
  raw_protein_id,
  case when raw_protein_id ~ '^ENSP[0-9]{11}(\.[0-9]+)?$' then raw_protein_id end as ensembl_protein_id,
  case
    when raw_protein_id is null then 'absent'
    when raw_protein_id ~ '^ENSP[0-9]{11}(\.[0-9]+)?$' then 'relabelled'
    when raw_protein_id ~ '^[NXY]P_[0-9]+(\.[0-9]+)?$' then 'refseq'
    else 'bad'
  end as protein_state,
  go_terms, product_type,
  case
    when transcript_id is null then 'bad_transcript_id'
    when gene_id is null then gene_id_reason
    when rank_of_id > 1 and not equals_winner then
      case when is_par_id or is_par_gene_id then 'par_y_duplicate' else 'duplicate_transcript' end
  end as reason,
  transcript_id is not null and gene_id is not null and rank_of_id > 1 and equals_winner as is_merged,
  case when transcript_id is not null and gene_id is not null and rank_of_id > 1 then winner_raw_id end as winner_transcript_id,
  winner_gene_id,
  array_remove(array[
    case when is_par_id then 'par_y' end,
    case when is_versioned then 'versioned_id' end,
    case when clean_text(raw_transcript_id) <> raw_transcript_id then 'white_space' end
  ], null) as repairs
from compared;
