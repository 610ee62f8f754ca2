-- Range of the linear fold changes of what is stored, and how many are over `up` and under `down`. One row.
select
  min(fold_change), percentile_cont(0.5) within group (order by fold_change), max(fold_change),
  count(*) filter (where fold_change > {up}), count(*) filter (where fold_change < {down}), count(*)
from outcome;
