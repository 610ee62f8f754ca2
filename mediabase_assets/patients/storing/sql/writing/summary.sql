-- Range of the linear fold changes of what is stored, and how many are over `up` and under `down`. One row.
select
  min(fold_change) as smallest, percentile_cont(0.5) within group (order by fold_change) as median, max(fold_change) as largest,
  count(*) filter (where fold_change > {up}) as up, count(*) filter (where fold_change < {down}) as down, count(*) as rows
from outcome;
