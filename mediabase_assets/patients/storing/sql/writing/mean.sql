-- Of several rows of one gene or transcript: the mean of log2 (the geometric mean of the linear fold change) and of the expression; of p values
-- and standard errors the largest, so that nothing looks more certain than any of the rows.
with means as (
  select target_key, min(row_number) as row_number, avg(log2_fold_change) as log2, max(p_value) as p, max(adjusted_p_value) as padj,
    avg(base_mean) as base_mean, avg(average_expression) as average_expression, max(standard_error) as standard_error
  from outcome group by target_key having count(*) > 1
),
kept as (
  update incoming as o set
    fold_change = power(2, m.log2), log2_fold_change = m.log2, p_value = m.p, adjusted_p_value = m.padj, base_mean = m.base_mean,
    average_expression = m.average_expression, standard_error = m.standard_error
  from means as m where m.row_number = o.row_number
)
delete from matches as o using means as m where m.target_key = o.target_key and m.row_number <> o.row_number;
