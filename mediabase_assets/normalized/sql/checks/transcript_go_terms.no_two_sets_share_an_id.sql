-- go_set_id is 64 bits of a digest: two different sets with one id would be a collision
select s.go_set_id, count(distinct d.content) as contents
from go_payload_sets as s
join (
  select payload_id, md5(string_agg(row(go_id, evidence_code, qualifier, is_inherited, inherited_from, pmids)::text, '|' order by go_id)) as content
  from go_facts where is_first_in_value group by payload_id) as d using (payload_id)
group by s.go_set_id having count(distinct d.content) > 1
