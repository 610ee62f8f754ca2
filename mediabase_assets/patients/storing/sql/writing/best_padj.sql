-- Of several rows of one gene or transcript, the one with the smallest adjusted p is kept; then the smallest p, the largest effect, the first.
with ranked as (
  select row_number, row_number() over (
    partition by target_key order by adjusted_p_value nulls last, p_value nulls last, abs(log2_fold_change) desc nulls last, row_number) as place
  from outcome
)
delete from matches as o using ranked as r where r.row_number = o.row_number and r.place > 1;
