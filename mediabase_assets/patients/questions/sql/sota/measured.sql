-- Grain: one row per gene of a patient with a fold change other than 1: what the SOTA questions count. transcripts: those that are changed; of
-- a file of genes all transcripts of the gene, which have its value. {patients}, {live}: schemas. Parameter: whose.
select
  e.gene_id, g.gene_symbol, max(e.fold_change) as max_fold_change, min(e.fold_change) as min_fold_change,
  case when min(e.level) = 'gene' then min(g.source_transcript_count) else count(*) end as transcripts,
  case when max(e.fold_change) <= 2.0 then 0 when min(e.level) = 'gene' then min(g.source_transcript_count)
    else count(*) filter (where e.fold_change > 2.0) end as transcripts_up,
  case when min(e.fold_change) >= 0.5 then 0 when min(e.level) = 'gene' then min(g.source_transcript_count)
    else count(*) filter (where e.fold_change < 0.5) end as transcripts_down,
  e.gene_id in (select i.gene_id from {live}.gene_drug_interactions as i) as is_druggable
from {patients}.patient_expression as e
join {live}.genes as g on g.gene_id = e.gene_id
where e.patient_id = %(patient_id)s and e.fold_change <> 1.0
group by e.gene_id, g.gene_symbol
