-- Grain: one row per GO term. Name and category: those that most facts tell, then the first by text.
-- Input: go_facts.
insert into go_terms (go_id, term_name, category, definition)
with told as (
  select go_id, term_name collate "C" as term_name, category collate "C" as category, definition collate "C" as definition, sum(n) as n
  from go_facts where reason is null group by 1, 2, 3, 4
),
names as (
  select distinct on (go_id) go_id, term_name
  from (select go_id, term_name, sum(n) as n from told where term_name is not null group by 1, 2) as v order by go_id, n desc, term_name
),
categories as (
  select distinct on (go_id) go_id, category
  from (select go_id, category, sum(n) as n from told where category is not null group by 1, 2) as v order by go_id, n desc, category
),
definitions as (
  select distinct on (go_id) go_id, definition
  from (select go_id, definition, sum(n) as n from told where definition is not null group by 1, 2) as v order by go_id, n desc, definition
)
select go_id, term_name, category, definition
from (
  select distinct go_id from told
  union
  select distinct inherited_from collate "C" from go_facts where reason is null and inherited_from is not null
) as ids
left join names using (go_id) left join categories using (go_id) left join definitions using (go_id)
order by go_id;
