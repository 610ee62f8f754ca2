-- Question: SOTA 4B: the five most up- and the five most downregulated transcripts of a patient. Grain: one row per transcript.
-- {patients}, {live}: schemas. Parameter: whose.
with ups as (
  select e.* from {patients}.patient_expression as e
  where e.patient_id = %(patient_id)s and e.fold_change > 3.0 order by e.fold_change desc fetch first 5 rows with ties
),
downs as (
  select e.* from {patients}.patient_expression as e
  where e.patient_id = %(patient_id)s and e.fold_change < 0.3 order by e.fold_change fetch first 5 rows with ties
)
(select g.gene_symbol, t.transcript_id, round(e.fold_change::numeric, 2) as fold_change
from ups as e
join {live}.transcripts as t on t.gene_id = e.gene_id and (e.level = 'gene' or t.transcript_id = e.transcript_id)
join {live}.genes as g on g.gene_id = t.gene_id
order by e.fold_change desc, t.transcript_id collate "C" limit 5)
union all
(select g.gene_symbol, t.transcript_id, round(e.fold_change::numeric, 2)
from downs as e
join {live}.transcripts as t on t.gene_id = e.gene_id and (e.level = 'gene' or t.transcript_id = e.transcript_id)
join {live}.genes as g on g.gene_id = t.gene_id
order by e.fold_change, t.transcript_id collate "C" limit 5)
