-- Of several rows of one gene or transcript, those without an effect give way: to those with one, else to the first.
with ranked as (
  select row_number, log2_fold_change, row_number() over of_target as place, bool_or(log2_fold_change is not null) over of_target as has_value
  from outcome
  window of_target as (
    partition by target_key order by log2_fold_change is null, row_number rows between unbounded preceding and unbounded following)
)
delete from matches as o using ranked as r
where r.row_number = o.row_number and r.log2_fold_change is null and (r.has_value or r.place > 1);
