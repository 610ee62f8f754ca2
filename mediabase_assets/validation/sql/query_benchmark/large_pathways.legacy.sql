-- Question: how many pathways have more than ten genes?
-- Normal form: ids of pathways; counted when timed.
-- Reactome pathways are texts that end with their id; PharmGKB pathways are in the payload among the drugs.
select p.pathway_id
from (
  select substring(t.pathway from '(R-[A-Z]+-[0-9]+)\]?\s*$') as pathway_id, t.gene_id
  from (select distinct l.gene_id, u.pathway from cancer_transcript_base as l cross join unnest(l.pathways) as u (pathway)) as t
  union
  select k.pathway_id, l.gene_id
  from cancer_transcript_base as l
  cross join jsonb_object_keys(
    case when jsonb_typeof(l.drugs #> '{pharmgkb_data,pathway_data}') = 'object' then l.drugs #> '{pharmgkb_data,pathway_data}' end
  ) as k (pathway_id)
) as p
where p.pathway_id is not null
group by p.pathway_id
having count(*) > 10
