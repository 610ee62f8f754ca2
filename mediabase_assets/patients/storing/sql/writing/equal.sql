-- Of several rows of one gene or transcript whose values are equal, the first is kept.
with ranked as (
  select row_number, row_number() over (
    partition by target_key, fold_change, log2_fold_change, p_value, adjusted_p_value, base_mean, average_expression, standard_error, na_reason
    order by row_number) as place
  from outcome
)
delete from matches as o using ranked as r where r.row_number = o.row_number and r.place > 1;
