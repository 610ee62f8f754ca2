select t.transcript_id, t.go_set_id
from transcripts as t
where t.go_set_id is not null and not exists (select from go_term_sets as s where s.go_set_id = t.go_set_id)
