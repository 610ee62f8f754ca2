-- Question: SOTA 2: the same among upregulated transcripts (fold change above 1.2).
-- Normal form: rows in order of score, symbol and gene.
select
  l.gene_symbol, l.gene_id,
  max(
    case
      when l.expression_fold_change > 4.0 then 4 when l.expression_fold_change > 2.5 then 3
      when l.expression_fold_change > 1.5 then 2 when l.expression_fold_change > 1.0 then 1 else 0
    end
    + case when d.is_druggable then 3 else 0 end
    + case
      when 'kinase' = any(l.product_type) then 3 when 'receptor' = any(l.product_type) then 2
      when 'enzyme' = any(l.product_type) then 1 else 0
    end
    + case when cardinality(l.pathways) > 20 then 2 when cardinality(l.pathways) > 10 then 1 else 0 end
  ) as score
from cancer_transcript_base as l
cross join lateral (
  select case jsonb_typeof(l.drugs) when 'object' then l.drugs - 'pharmgkb_data' <> '{}' when 'array' then l.drugs @? '$[*].name' else false end
) as d (is_druggable)
where (d.is_druggable or l.product_type && array['kinase', 'receptor', 'enzyme'] or cardinality(l.pathways) > 10)
  and l.expression_fold_change > 1.2
group by l.gene_symbol, l.gene_id
order by score desc, l.gene_symbol collate "C", l.gene_id collate "C"
limit 20
