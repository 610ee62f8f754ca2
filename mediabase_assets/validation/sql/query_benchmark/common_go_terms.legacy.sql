-- Question: how many GO terms are on more than a hundred genes?
-- Normal form: ids of GO terms; counted when timed.
select t.go_id
from (
  select distinct l.gene_id, g.go_id
  from cancer_transcript_base as l
  cross join jsonb_object_keys(case when jsonb_typeof(l.go_terms) = 'object' then l.go_terms end) as g (go_id)
) as t
group by t.go_id
having count(*) > 100
