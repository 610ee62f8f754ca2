-- Ensembl ids that the released tables have. `live` takes the place of their schema, `released` of the table, `grain` of the letter of the
-- kind of id; `patients`, `ids`, `id` and `key` of the table that numbers them.
insert into matches (row_number, target_id, target_key, matched_by)
select
  i.row_number, i.lookup_id, k.{key},
  case
    when i.raw_id = i.lookup_id then 'e'
    when starts_with(i.raw_id, i.lookup_id) and substr(i.raw_id, length(i.lookup_id) + 1) ~ '^\.[0-9]+$' then 'v' else 'p'
  end
from incoming as i
join {live}.{released} as g on g.{id} = i.lookup_id
left join {patients}.{ids} as k on k.{id} = i.lookup_id
where i.id_kind = {grain};
