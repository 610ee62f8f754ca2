-- Question: SOTA 3: Reactome pathways with at least three genes that are changed in a patient, most of them first. Grain: one row per pathway.
-- measured: the patient's changed genes. {live}: schema of the released tables.
with changed as materialized (
  select m.gene_id, m.max_fold_change > 2.0 as is_up, m.min_fold_change < 0.5 as is_down from ({measured}) as m
)
select
  p.pathway_id, count(*) as changed_genes, count(*) filter (where c.is_up) as highly_upregulated,
  count(*) filter (where c.is_down) as highly_downregulated
from changed as c
join {live}.gene_pathways as p on p.gene_id = c.gene_id
where p.pathway_source = 'Reactome'
group by p.pathway_id
having count(*) >= 3
order by changed_genes desc, p.pathway_id collate "C"
limit 15
