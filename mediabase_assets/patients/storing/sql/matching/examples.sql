-- Rows that matched nothing, by reason: how many, and a few of their ids with what is known about each. `reasons` says reasons in words.
select case reason {reasons} end, max(rows), array_agg(raw_id || coalesce(' (' || hint || ')', '') order by row_number)
from (
  select reason, raw_id, hint, row_number, count(*) over (partition by reason) as rows,
    row_number() over (partition by reason order by hint is null, row_number) as place
  from remaining) as r
where place <= 5
group by reason
order by max(rows) desc, 1;
