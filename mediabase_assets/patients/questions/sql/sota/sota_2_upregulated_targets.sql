-- Question: SOTA 2: the twenty best therapeutic targets among the genes of a patient that are over 1.2, by change, drugs, kind of product and
-- pathways. Grain: one row per gene, best first. measured: the patient's changed genes. {live}: schema of the released tables.
with products as (
  select a.gene_id, max(case a.annotation_value when 'kinase' then 3 when 'receptor' then 2 else 1 end) as points
  from {live}.gene_annotations as a
  where a.annotation_type = 'product_type' and a.annotation_value in ('kinase', 'receptor', 'enzyme')
  group by a.gene_id
),
reactome as (
  select w.gene_id, count(*) as pathways from {live}.gene_pathways as w where w.pathway_source = 'Reactome' group by w.gene_id having count(*) > 10
)
select
  m.gene_symbol, m.gene_id,
  case when m.max_fold_change > 4.0 then 4 when m.max_fold_change > 2.5 then 3 when m.max_fold_change > 1.5 then 2 else 1 end
    + case when m.is_druggable then 3 else 0 end
    + coalesce(p.points, 0)
    + case when r.pathways > 20 then 2 when r.pathways > 10 then 1 else 0 end as score
from ({measured}) as m
left join products as p on p.gene_id = m.gene_id
left join reactome as r on r.gene_id = m.gene_id
where m.max_fold_change > 1.2 and (m.is_druggable or p.gene_id is not null or r.gene_id is not null)
order by score desc, m.gene_symbol collate "C", m.gene_id collate "C"
limit 20
