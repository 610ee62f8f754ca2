-- Question: SOTA 5: how many transcripts of a patient were measured, how many are changed, from which to which fold change? Grain: one row.
-- Transcripts that the released tables no longer have do not count. {patients}, {live}: schemas. Parameter: whose.
select
  coalesce(sum(n.transcripts), 0) as transcripts, coalesce(sum(n.transcripts) filter (where e.fold_change <> 1.0), 0) as with_expression_data,
  round(min(e.fold_change)::numeric, 3) as min_fold_change, round(max(e.fold_change)::numeric, 3) as max_fold_change
from {patients}.patient_expression as e
join {live}.genes as g on g.gene_id = e.gene_id
cross join lateral (select case e.level when 'gene' then g.source_transcript_count else 1 end as transcripts) as n
where e.patient_id = %(patient_id)s
