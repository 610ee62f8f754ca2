select s.go_set_id, s.term_count, count(m.go_id) as members
from go_term_sets as s left join go_term_set_members as m using (go_set_id)
group by s.go_set_id, s.term_count having count(m.go_id) <> s.term_count
