-- Grain: one row per transcript and GO term.
create view transcript_go_terms as
select
  t.transcript_id, m.go_id, g.term_name as go_term, g.category as go_category, m.evidence_code, m.qualifier, m.is_inherited,
  m.inherited_from, m.pmids
from transcripts as t
join go_term_set_members as m on m.go_set_id = t.go_set_id
join go_terms as g on g.go_id = m.go_id;
