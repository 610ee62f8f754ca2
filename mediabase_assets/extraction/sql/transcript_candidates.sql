-- Grain: one row per legacy row, its transcript-grain values read and typed.
-- Rule: of rows with one stable id the one not on PAR_Y wins, then the highest version, then the first raw id; an equal
-- row is merged, another one is quarantined with the winner. Whether the gene is kept is told by gene_candidates.
-- A value that cannot be read is NULL, and set aside: `set_aside` and `changed` hold column|path|reason of values that were put into quarantine
-- or repaired. A lifted transcript id (…5_2) is read in a row whose gene id is lifted too, as GENCODE writes them, or in a table of them.
-- Inputs: legacy_rows, gene_identities.
create unlogged table transcript_candidates as
with identified as (
  select
    r.*, i.gene_id as resolved_gene_id, i.reason as gene_id_reason, i.is_par_id as is_par_gene_id, i.is_par as is_par_gene,
    ensembl_id(r.transcript_id, 'ENST') as own,
    ensembl_id(r.feature_transcript_id, 'ENST') as feature,
    not is_lifted(r.transcript_id) or i.is_lifted or is_lifted(r.feature_transcript_id)
      or (select count(*) filter (where transcript_id like '%.%\_%') * 2 > count(*) from legacy_rows) as is_consistent
  from (select *, object_of(features) ->> 'transcript_id_versioned' as feature_transcript_id from legacy_rows offset 0) as r
  join gene_identities as i using (identity)
  offset 0
),
said as (
  select
    r.*,
    clean_text(r.gene_type) as gene_type_said,
    clean_text(r.chromosome) as chromosome_said,
    json_text(r.coordinates -> 'strand') as strand_said,
    json_text(f -> 'TSL') as raw_support_level,
    json_text(f -> 'annotation_level') as raw_annotation_level,
    f -> 'annotation_tags' as raw_tags,
    json_text(f -> 'gene_id_versioned') as gene_versioned,
    json_text(f -> 'transcript_id_versioned') as transcript_versioned,
    json_text(a -> 'transcript_name') as raw_name,
    json_text(a -> 'CCDS') as raw_ccds_id,
    json_text(a -> 'HAVANA') as raw_havana_id,
    json_text(a -> 'RefSeq_protein') as raw_protein_id
  from identified as r
  cross join lateral (select object_of(r.features) as f, object_of(r.alt_transcript_ids) as a offset 0) as objects
  offset 0
),
parsed as (
  select
    r.transcript_id as raw_transcript_id, r.identity, r.resolved_gene_id as gene_id, r.gene_id_reason,
    (case when is_consistent then own[1] end) collate "C" as transcript_id,
    coalesce(own[3] = 'par', false) as is_par_id,
    coalesce(own[2], case when feature[1] = own[1] then feature[2] end)::integer as transcript_version,
    own[2] as own_version,
    r.is_par_gene or coalesce(own[3] = 'par', false) or coalesce(feature[1] = own[1] and feature[3] = 'par', false) as is_par,
    r.is_par_gene_id,
    gene_type_said, biotype(r.gene_type) collate "C" as gene_type, r.gene_type as raw_gene_type,
    chromosome_said, chromosome(r.chromosome) collate "C" as chromosome, r.chromosome as raw_chromosome,
    r.coordinates as raw_coordinates,
    json_number(r.coordinates -> 'start') as start_number,
    json_number(r.coordinates -> 'end') as end_number,
    strand_of(strand_said) as strand_number,
    r.expression_fold_change as raw_fold_change,
    raw_support_level, support_level(raw_support_level) as support_level,
    raw_annotation_level, annotation_level(raw_annotation_level) as annotation_level,
    raw_tags, tags_of(raw_tags) as tags,
    gene_versioned, transcript_versioned,
    raw_name, transcript_name(raw_name) as transcript_name,
    raw_ccds_id, ccds_id(raw_ccds_id) as ccds_id,
    raw_havana_id, havana_id(raw_havana_id) as havana_id,
    raw_protein_id, ensembl_protein_id(raw_protein_id) as ensembl_protein_id, refseq_protein_id(raw_protein_id) as refseq_protein_id,
    r.go_terms, r.product_type
  from said as r
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
  raw_transcript_id, identity, transcript_id, transcript_version, is_par, gene_id, gene_type, gene_type_said, chromosome, chromosome_said,
  raw_coordinates, coordinates, coordinates_state,
  coordinates_state = 'read' and (
    jsonb_typeof(raw_coordinates -> 'start') <> 'number' or jsonb_typeof(raw_coordinates -> 'end') <> 'number'
    or coalesce(jsonb_typeof(raw_coordinates -> 'strand'), '') <> 'number' or strand_number is null) as coordinates_coerced,
  raw_fold_change, expression_fold_change,
  transcript_name, support_level, annotation_level, tags, ccds_id, havana_id,
  raw_protein_id, ensembl_protein_id, refseq_protein_id, go_terms, product_type,
  case
    when transcript_id is null then case when names_other_species(raw_transcript_id) then 'other_species' else 'bad_transcript_id' end
    when gene_id is null then gene_id_reason
    when rank_of_id > 1 and not equals_winner then
      case when is_par_id or is_par_gene_id then 'par_y_duplicate' else 'duplicate_transcript' end
  end as reason,
  transcript_id is not null and gene_id is not null and rank_of_id > 1 and equals_winner as is_merged,
  case when transcript_id is not null and gene_id is not null and rank_of_id > 1 then winner_raw_id end as winner_transcript_id,
  winner_gene_id,
  array_remove(array[
    case when is_par_id then 'par_y' end,
    case when strpos(raw_transcript_id, '.') > 0 then 'versioned_id' end,
    case when is_lifted(raw_transcript_id) then 'lifted_id' end,
    cleaning(raw_transcript_id)
  ], null) as repairs,
  array_remove(array[
    case when chromosome is null then 'chromosome|$|' || chromosome_reason(raw_chromosome) end,
    case when support_level is null then 'features|$.TSL|' || level_reason(raw_support_level, support_level) end,
    case when annotation_level is null then 'features|$.annotation_level|' || level_reason(raw_annotation_level, annotation_level) end,
    case when tags is null and jsonb_typeof(raw_tags) = 'string' and is_placeholder(raw_tags #>> '{}') then 'features|$.annotation_tags|placeholder' end,
    'features|$.gene_id_versioned|' || feature_id_reason(gene_versioned, 'ENSG', gene_id, null),
    'features|$.transcript_id_versioned|' || feature_id_reason(transcript_versioned, 'ENST', transcript_id, own_version),
    case when transcript_name is null then 'alt_transcript_ids|$.transcript_name|' || id_reason(raw_name, transcript_name) end,
    case when ccds_id is null then 'alt_transcript_ids|$.CCDS|' || id_reason(raw_ccds_id, ccds_id) end,
    case when havana_id is null then 'alt_transcript_ids|$.HAVANA|' || id_reason(raw_havana_id, havana_id) end,
    case when ensembl_protein_id is null and refseq_protein_id is null
      then 'alt_transcript_ids|$.RefSeq_protein|' || id_reason(raw_protein_id, null) end
  ], null) as set_aside,
  array_remove(array[
    case when chromosome <> raw_chromosome then 'chromosome|$|' || case when chromosome = clean_id(raw_chromosome) then cleaning(raw_chromosome)
      else 'chromosome_spelling' end end,
    case when raw_support_level <> support_level::text and raw_support_level ~ '^[0-9]+\.0' then 'features|$.TSL|integer_as_float' end,
    case when raw_annotation_level <> annotation_level::text and raw_annotation_level ~ '\.' then 'features|$.annotation_level|integer_as_float' end,
    case when tags is not null and jsonb_typeof(raw_tags) = 'array' then 'features|$.annotation_tags|array_salvaged' end,
    case when feature_id_reason(gene_versioned, 'ENSG', gene_id, null) is null then 'features|$.gene_id_versioned|' || feature_id_repair(gene_versioned) end,
    case when feature_id_reason(transcript_versioned, 'ENST', transcript_id, own_version) is null
      then 'features|$.transcript_id_versioned|' || feature_id_repair(transcript_versioned) end,
    'alt_transcript_ids|$.transcript_name|' || id_repair(raw_name, transcript_name),
    'alt_transcript_ids|$.CCDS|' || id_repair(raw_ccds_id, ccds_id),
    'alt_transcript_ids|$.HAVANA|' || id_repair(raw_havana_id, havana_id)
  ], null) as changed
from compared;
