-- Question: SOTA 3: Reactome pathways with at least three genes whose expression changed, most dysregulated first.
-- Normal form: rows in order of changed genes and pathway id.
select
  p.pathway_id, count(distinct l.gene_id) as changed_genes,
  count(distinct l.gene_id) filter (where l.expression_fold_change > 2.0) as highly_upregulated,
  count(distinct l.gene_id) filter (where l.expression_fold_change < 0.5) as highly_downregulated
from cancer_transcript_base as l
cross join lateral (select substring(t.pathway from '(R-[A-Z]+-[0-9]+)\]?\s*$') from unnest(l.pathways) as t (pathway)) as p (pathway_id)
where l.expression_fold_change <> 1.0 and p.pathway_id is not null
group by p.pathway_id
having count(distinct l.gene_id) >= 3
order by changed_genes desc, p.pathway_id collate "C"
limit 15
