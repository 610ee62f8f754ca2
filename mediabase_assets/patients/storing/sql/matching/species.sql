-- Of the rows with symbols: all of them; those that no gene has just so and that are written as symbols of mice and rats are (Trp53); those
-- in lower case, as of zebrafish, that no gene has at all; those that match in another case. One row.
select
  count(*),
  count(*) filter (where m.matched_by is distinct from 'e' and i.lookup_id ~ '^([A-Z][a-z][A-Za-z0-9.-]+|[0-9]+[A-Z][0-9]+Rik)$'),
  count(*) filter (where m.matched_by is null and i.lookup_id = lower(i.lookup_id) and i.lookup_id ~ '^[a-z]'),
  count(*) filter (where m.matched_by = 'c')
from incoming as i
left join matches as m using (row_number)
where i.id_kind = 's';
