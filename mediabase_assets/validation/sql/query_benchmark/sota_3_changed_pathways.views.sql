-- Question: SOTA 3: Reactome pathways with at least three genes whose expression changed, most dysregulated first.
-- Normal form: rows in order of changed genes and pathway id.
select
  p.pathway_id, count(distinct t.gene_id) as changed_genes,
  count(distinct t.gene_id) filter (where t.expression_fold_change > 2.0) as highly_upregulated,
  count(distinct t.gene_id) filter (where t.expression_fold_change < 0.5) as highly_downregulated
from patient_query_optimized_view as t
join gene_pathways as p using (gene_id)
where t.expression_fold_change <> 1.0 and p.pathway_source = 'Reactome'
group by p.pathway_id
having count(distinct t.gene_id) >= 3
order by changed_genes desc, p.pathway_id collate "C"
limit 15
