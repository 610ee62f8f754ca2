-- Question: SOTA 2: the same among upregulated transcripts (fold change above 1.2).
-- Normal form: rows in order of score, symbol and gene.
select
  t.gene_symbol, t.gene_id,
  case
    when max(t.expression_fold_change) > 4.0 then 4 when max(t.expression_fold_change) > 2.5 then 3
    when max(t.expression_fold_change) > 1.5 then 2 when max(t.expression_fold_change) > 1.0 then 1 else 0
  end
    + case when bool_or(t.has_drug_interactions) then 3 else 0 end
    + coalesce(max(p.points), 0)
    + case when max(r.pathways) > 20 then 2 when max(r.pathways) > 10 then 1 else 0 end as score
from patient_query_optimized_view as t
cross join lateral (
  select max(case a.annotation_value when 'kinase' then 3 when 'receptor' then 2 else 1 end) as points
  from gene_annotations as a
  where a.gene_id = t.gene_id and a.annotation_type = 'product_type' and a.annotation_value in ('kinase', 'receptor', 'enzyme')
) as p
cross join lateral (
  select count(*) as pathways from gene_pathways as w where w.gene_id = t.gene_id and w.pathway_source = 'Reactome'
) as r
where t.expression_fold_change > 1.2 and (t.has_drug_interactions or p.points is not null or r.pathways > 10)
group by t.gene_symbol, t.gene_id
order by score desc, t.gene_symbol collate "C", t.gene_id collate "C"
limit 20
