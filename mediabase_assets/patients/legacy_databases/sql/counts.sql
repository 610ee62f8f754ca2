-- Grain: one row. All rows of {relation}, those with the default 1.0, and those without a value.
select count(*), count(*) filter (where s.fold_change = 1.0), count(*) filter (where s.fold_change is null)
from (select {fold_change} as fold_change from {relation}) as s
