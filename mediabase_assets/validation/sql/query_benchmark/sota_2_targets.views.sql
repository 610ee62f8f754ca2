-- Question: SOTA 2: the twenty best therapeutic targets by drugs, kind of product and pathways, whatever their expression.
-- Normal form: rows in order of score, symbol and gene.
with products as (
  select gene_id, max(case annotation_value when 'kinase' then 3 when 'receptor' then 2 else 1 end) as points
  from gene_annotations
  where annotation_type = 'product_type' and annotation_value in ('kinase', 'receptor', 'enzyme')
  group by gene_id
),
reactome as (
  select gene_id, count(*) as pathways from gene_pathways where pathway_source = 'Reactome' group by gene_id having count(*) > 10
)
select
  g.gene_symbol, g.gene_id,
  case
    when g.max_expression_fold_change > 4.0 then 4 when g.max_expression_fold_change > 2.5 then 3
    when g.max_expression_fold_change > 1.5 then 2 when g.max_expression_fold_change > 1.0 then 1 else 0
  end
    + case when g.has_drug_interactions then 3 else 0 end
    + coalesce(p.points, 0)
    + case when r.pathways > 20 then 2 when r.pathways > 10 then 1 else 0 end as score
from gene_summary_view as g
left join products as p using (gene_id)
left join reactome as r using (gene_id)
where (g.has_drug_interactions or p.gene_id is not null or r.gene_id is not null)
order by score desc, g.gene_symbol collate "C", g.gene_id collate "C"
limit 20
