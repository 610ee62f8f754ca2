-- Grain: one row per GO term. Name and aspect: those that most facts tell, then the first by text (go_facts.kept_…).
-- Input: go_facts.
insert into go_terms (go_id, term_name, category, definition)
with told as (
  select go_id, min(kept_name) as term_name, min(kept_category) as category from go_facts where reason is null group by go_id
),
definitions as (
  select distinct on (go_id) go_id, definition
  from (
    select go_id, definition collate "C" as definition, sum(n) as n from go_facts
    where reason is null and definition is not null group by 1, 2) as v
  order by go_id, n desc, definition
)
select go_id, term_name, category, definition
from (
  select go_id from told
  union
  select distinct inherited_from collate "C" from go_facts where reason is null and inherited_from is not null
) as ids
left join told using (go_id) left join definitions using (go_id)
order by go_id;
