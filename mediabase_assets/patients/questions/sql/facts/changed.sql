-- Question: which genes or transcripts of a patient changed most? Grain: one row per gene or transcript, the most changed first in each
-- direction; significant ones before others. {patients}, {live}: schemas. Parameters: whose, how many of each direction.
with changed as materialized (
  select
    case when e.fold_change > {up} then 'up' else 'down' end as expression_status, e.gene_id, e.transcript_id, e.fold_change, e.log2_fold_change,
    e.p_value, e.adjusted_p_value, row_number() over (
      partition by e.fold_change > {up}
      order by coalesce(e.adjusted_p_value < {significant}, false) desc, abs(e.log2_fold_change) desc, e.gene_id, e.transcript_id) as place
  from {patients}.patient_expression as e
  where e.patient_id = %(patient_id)s and (e.fold_change > {up} or e.fold_change < {down})
)
select
  c.expression_status, g.gene_symbol, c.gene_id, c.transcript_id, c.fold_change as expression_fold_change, c.log2_fold_change, c.p_value,
  c.adjusted_p_value
from changed as c
left join {live}.genes as g on g.gene_id = c.gene_id
where c.place <= %(limit)s
order by c.expression_status desc, c.place
