-- Grain: one row per transcript and GO term. is_denied: the annotation says that the transcript's gene product does not have the
-- term; the qualifier of such a one begins with NOT. A view that is live gets new columns at its end without being dropped.
create or replace view transcript_go_terms as
select
  t.transcript_id, m.go_id, g.term_name as go_term, g.category as go_category, m.evidence_code, m.qualifier, m.is_inherited,
  m.inherited_from, m.pmids, coalesce(m.qualifier ~ '^NOT(\||$)', false) as is_denied
from transcripts as t
join go_term_set_members as m on m.go_set_id = t.go_set_id
join go_terms as g on g.go_id = m.go_id;
