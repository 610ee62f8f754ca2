-- The views in which people query patients' data: readable ids, kinds and reasons. Safe to run again.
--
-- `patients` takes the place of the schema, `live` of that of the released tables. `options` is `security_invoker` where the server has it, so
-- that row-level security is that of whoever asks; on older servers `readable` is the condition that does it, over the patient_key of `p`.
-- A view that reads released tables does it in a function whose body is text: it depends on nothing, so that a release or a rollback can
-- replace them, and the planner inlines it, so that `where patient_id = …` reaches the partition.

-- Grain: one row per patient.
create or replace view {patients}.patients with ({options}) as
select
  p.patient_id, p.level, p.file_name, p.file_sha256, p.content_hash, p.tool, p.scale, p.columns, p.options, p.rows_read, p.stored,
  p.match_rate, p.report, p.imported_at, p.matched_against, p.source_path
from {patients}.stored_patients as p
where {readable};

-- Grain: one row per patient and gene, of files of genes.
create or replace view {patients}.patient_gene_expression with ({options}) as
select
  p.patient_id, g.gene_id,
  case when v.raw_id is null then g.gene_id when v.matched_by = 'v' then g.gene_id || v.raw_id else v.raw_id end as raw_id,
  case v.id_kind {kinds} end as id_kind,
  case v.matched_by {matches} end as matched_by,
  v.fold_change, v.log2_fold_change, v.p_value, v.adjusted_p_value, v.base_mean, v.average_expression, v.standard_error,
  case v.na_reason {na_reasons} end as na_reason,
  'gene'::text as level
from {patients}.stored_patients as p
join {patients}.stored_gene_values as v on v.patient_key = p.patient_key
join {patients}.gene_ids as g on g.gene_key = v.gene_key
where {readable};

-- Grain: one row per patient and transcript. Of files of transcripts the stored rows; of files of genes every transcript that the released
-- tables have of the gene, with the gene's values and level 'gene'.
create or replace function {patients}.transcript_expression()
returns table (
  patient_id text, transcript_id text, gene_id text, raw_id text, id_kind text, matched_by text,
  fold_change double precision, log2_fold_change double precision, p_value double precision, adjusted_p_value double precision,
  base_mean double precision, average_expression double precision, standard_error double precision, na_reason text, level text)
language sql stable as $function$
select
  p.patient_id, t.transcript_id, t.gene_id,
  case when v.raw_id is null then t.transcript_id when v.matched_by = 'v' then t.transcript_id || v.raw_id else v.raw_id end,
  case v.id_kind {kinds} end,
  case v.matched_by {matches} end,
  v.fold_change, v.log2_fold_change, v.p_value, v.adjusted_p_value, v.base_mean, v.average_expression, v.standard_error,
  case v.na_reason {na_reasons} end,
  'transcript'
from {patients}.stored_patients as p
join {patients}.stored_transcript_values as v on v.patient_key = p.patient_key
join {patients}.transcript_ids as t on t.transcript_key = v.transcript_key
where {readable}
union all
select
  p.patient_id, t.transcript_id, t.gene_id,
  case when v.raw_id is null then g.gene_id when v.matched_by = 'v' then g.gene_id || v.raw_id else v.raw_id end,
  case v.id_kind {kinds} end,
  case v.matched_by {matches} end,
  v.fold_change, v.log2_fold_change, v.p_value, v.adjusted_p_value, v.base_mean, v.average_expression, v.standard_error,
  case v.na_reason {na_reasons} end,
  'gene'
from {patients}.stored_patients as p
join {patients}.stored_gene_values as v on v.patient_key = p.patient_key
join {patients}.gene_ids as g on g.gene_key = v.gene_key
join {live}.transcripts as t on t.gene_id = g.gene_id
where {readable}
$function$;

create or replace view {patients}.patient_transcript_expression with ({options}) as
select * from {patients}.transcript_expression();

-- Grain: one row per patient and row of the file whose id matched nothing.
create or replace view {patients}.patient_unmatched with ({options}) as
select
  p.patient_id, u.row_number, u.raw_id,
  case u.id_kind {kinds} end as id_kind,
  coalesce(u.lookup_id, u.raw_id) as lookup_id,
  case u.reason {reasons} end as reason,
  u.hint, u.fold_change, u.log2_fold_change, u.p_value, u.adjusted_p_value, u.base_mean, u.average_expression, u.standard_error,
  case u.na_reason {na_reasons} end as na_reason
from {patients}.stored_patients as p
join {patients}.stored_unmatched as u on u.patient_key = p.patient_key
where {readable};
