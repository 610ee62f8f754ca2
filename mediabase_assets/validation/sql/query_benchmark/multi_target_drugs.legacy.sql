-- Question: how many drugs act on more than one gene?
-- Normal form: source keys of drugs; counted when timed.
-- Keys of the Repurposing Hub number the drugs of one gene and name no drug, so that this side cannot count them.
select t.drug_key
from (
  select distinct l.gene_id, d.drug_key
  from cancer_transcript_base as l
  cross join jsonb_object_keys(case when jsonb_typeof(l.drugs) = 'object' then l.drugs end) as d (drug_key)
) as t
where t.drug_key ~ '^([0-9]+|CHEMBL[0-9]+)$'
group by t.drug_key
having count(*) > 1
