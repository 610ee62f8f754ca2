-- Question: which GO terms does transcript ENST00000269305 have?
-- Normal form: id, name and aspect of each term.
select g.key as go_id, g.value ->> 'term' as term, g.value ->> 'aspect' as category
from cancer_transcript_base as l
cross join jsonb_each(case when jsonb_typeof(l.go_terms) = 'object' then l.go_terms end) as g
where l.transcript_id = 'ENST00000269305'
