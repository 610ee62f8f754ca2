-- GO terms and their sets as they follow from the legacy facts that the proof read.
-- Inputs: expected_go_terms. Left out: ids of GO sets, which follow from the members (go.sql compares those).
create unlogged table expected__go_terms as
select go_id, term as term_name, aspect as category, definition from expected_go_terms;

create unlogged table expected__go_term_sets as
select ('x' || substr(md5(string_agg(row(go_id, evidence_code, qualifier, is_inherited, inherited_from, pmids)::text, '|' order by go_id collate "C")), 1, 16))::bit(64)::bigint
  as go_set_id, count(*)::integer as term_count
from go_term_set_members as m where m.go_set_id in (select t.go_set_id from transcripts as t) group by m.go_set_id;

create unlogged table expected__go_term_set_members as
select go_set_id, go_id, case when inherited_from is null then evidence_code end as evidence_code, inherited_from is not null as is_inherited
from go_term_set_members;
