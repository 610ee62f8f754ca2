-- Question: SOTA 4A: the expression profile of the transcripts that are changed in a patient. Grain: one row of numbers.
-- measured: the patient's changed genes. {patients}, {live}: schemas.
with changed as materialized (
  select m.* from ({measured}) as m
),
kinds as (
  select
    p.transcript_id, t.gene_id, bool_or(p.product_type = 'kinase') as is_kinase, bool_or(p.product_type = 'receptor') as is_receptor
  from {live}.transcript_products as p
  join {live}.transcripts as t on t.transcript_id = p.transcript_id
  where p.product_type in ('kinase', 'receptor')
  group by p.transcript_id, t.gene_id
),
of_patient as (
  select count(*) filter (where k.is_kinase) as kinases, count(*) filter (where k.is_receptor) as receptors
  from kinds as k
  join {patients}.patient_expression as e on e.gene_id = k.gene_id
  where e.patient_id = %(patient_id)s and e.fold_change <> 1.0 and (e.level = 'gene' or e.transcript_id = k.transcript_id)
)
select
  coalesce(sum(c.transcripts), 0) as transcripts, coalesce(sum(c.transcripts_up), 0) as highly_upregulated,
  coalesce(sum(c.transcripts_down), 0) as highly_downregulated, coalesce(sum(c.transcripts) filter (where c.is_druggable), 0) as druggable,
  max(k.kinases) as kinases, max(k.receptors) as receptors,
  round(max(c.max_fold_change)::numeric, 2) as max_fold_change, round(min(c.min_fold_change)::numeric, 2) as min_fold_change
from of_patient as k
left join changed as c on true
