-- Question: which GO terms does transcript ENST00000269305 have?
-- Normal form: id, name and aspect of each term.
select g.annotation ->> 'go_id' as go_id, g.annotation ->> 'term' as term, g.annotation ->> 'category' as category
from transcript_enrichment_view as t
cross join jsonb_array_elements(t.go_annotations) as g (annotation)
where t.transcript_id = 'ENST00000269305'
