-- Reasons for which more values of a column were refused than the settings allow: both their number and their share.
-- Settings read: mediabase.max_validation_errors, mediabase.max_validation_error_share. Inputs: recorded, leaf_census.
select r.legacy_column, r.reason, r.refused, c.leaves as values_of_column, round(r.refused::numeric / c.leaves, 4) as share,
  current_setting('mediabase.max_validation_errors') as allowed, current_setting('mediabase.max_validation_error_share') as allowed_share,
  r.example
from (
  select legacy_column, reason, count(*) as refused, (array_agg(left(raw_value::text, 100) order by raw_value::text collate "C"))[1] as example
  from recorded where account = 'quarantined' and reason = any (string_to_array(current_setting('mediabase.refusals'), ','))
  group by 1, 2) as r
join (
  select legacy_column, sum(leaves) as leaves from leaf_census where migration_id = current_setting('mediabase.migration_id') group by 1) as c
  using (legacy_column)
where r.refused > current_setting('mediabase.max_validation_errors')::bigint
  and r.refused > current_setting('mediabase.max_validation_error_share')::numeric * c.leaves
