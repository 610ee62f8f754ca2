-- How many rows match now and did not before, match nothing any more, name another gene or transcript, or are known otherwise (how they were
-- matched, why not). One row.
select
  count(*) filter (where b.target_key is null and m.target_key is not null),
  count(*) filter (where b.target_key is not null and m.target_key is null),
  count(*) filter (where b.target_key <> m.target_key),
  count(*) filter (where b.matched_by is distinct from m.matched_by or b.reason is distinct from r.reason or b.hint is distinct from r.hint)
from before as b
left join matches as m using (row_number)
left join remaining as r using (row_number);
