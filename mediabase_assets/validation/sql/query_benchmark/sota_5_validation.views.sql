-- Question: SOTA 5: how many transcripts are there, how many with expression data, and from which to which fold change?
-- Normal form: one row of numbers.
select
  count(*) as transcripts, count(*) filter (where expression_fold_change <> 1.0) as with_expression_data,
  round(min(expression_fold_change)::numeric, 3) as min_fold_change, round(max(expression_fold_change)::numeric, 3) as max_fold_change
from patient_query_optimized_view
