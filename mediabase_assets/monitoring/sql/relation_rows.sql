-- Rows of what is live, as they were counted when it was written last: tables by the newest release, views by their newest refresh.
with newest as (select release_id from releases where rolled_back_at is null order by released_at desc limit 1),
live (relation, kind, row_count) as (
  select distinct on (l.relation) l.relation, 'table', l.row_count
  from release_relations as l join releases as r using (release_id) where r.rolled_back_at is null
  order by l.relation, r.released_at desc
)
select relation, kind, row_count from live
union all
select view, 'view', row_count from view_state where exists (select from newest)
order by 2, 1
