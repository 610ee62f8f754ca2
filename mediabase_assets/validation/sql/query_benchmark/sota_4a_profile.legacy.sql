-- Question: SOTA 4A: how many transcripts are druggable, kinases and receptors, whatever their expression.
-- Normal form: one row of numbers.
select
  count(*) as transcripts,
  count(*) filter (where l.expression_fold_change > 2.0) as highly_upregulated,
  count(*) filter (where l.expression_fold_change < 0.5) as highly_downregulated,
  count(*) filter (where d.is_druggable) as druggable,
  count(*) filter (where 'kinase' = any(l.product_type)) as kinases,
  count(*) filter (where 'receptor' = any(l.product_type)) as receptors,
  round(max(l.expression_fold_change)::numeric, 2) as max_fold_change,
  round(min(l.expression_fold_change)::numeric, 2) as min_fold_change
from cancer_transcript_base as l
cross join lateral (
  select case jsonb_typeof(l.drugs) when 'object' then l.drugs - 'pharmgkb_data' <> '{}' when 'array' then l.drugs @? '$[*].name' else false end
) as d (is_druggable)
