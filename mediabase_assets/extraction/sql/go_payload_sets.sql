-- Grain: one row per distinct go_terms value of a gene; go_set_id follows from what the value says about each term, so that
-- values that say the same share one set, whichever gene they belong to.
-- Input: go_facts.
create unlogged table go_payload_sets as
select
  payload_id, count(*)::integer as term_count,
  content_id(string_agg(row(go_id, evidence_code, qualifier, is_inherited, inherited_from, pmids)::text, '|' order by go_id)) as go_set_id
from go_facts
where is_first_in_value
group by payload_id;
