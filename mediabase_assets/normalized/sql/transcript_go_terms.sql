-- Grain: one row per distinct set of GO annotations, and one per member of a set; the view transcript_go_terms shows them at
-- (transcript, GO term) grain. Inputs: go_facts, go_payload_sets, transcripts, go_terms.
insert into go_term_sets (go_set_id, term_count)
select go_set_id, min(term_count)
from go_payload_sets
where go_set_id in (select go_set_id from transcripts)
group by go_set_id
order by go_set_id;

insert into go_term_set_members (go_set_id, go_id, evidence_code, qualifier, is_inherited, inherited_from, pmids)
with representatives as (
  select s.go_set_id, min(s.payload_id) as payload_id
  from go_payload_sets as s join go_term_sets using (go_set_id) group by s.go_set_id
)
select r.go_set_id, f.go_id, f.evidence_code, f.qualifier, f.is_inherited, f.inherited_from, f.pmids
from representatives as r
join go_facts as f using (payload_id)
where f.is_first_in_value
order by r.go_set_id, f.go_id;
