-- Rows of every relation as it was built or kept, and as the newest release that is live has it; NULL where that has none.
select b.relation, b.row_count, l.row_count as released
from built_relations as b
left join (
  select r.relation, r.row_count
  from release_relations as r
  where r.release_id = (select release_id from releases where rolled_back_at is null order by released_at desc, release_id desc limit 1)
) as l using (relation)
where b.relation = any(string_to_array(current_setting('mediabase.headline_relations'), ','))
order by b.relation
