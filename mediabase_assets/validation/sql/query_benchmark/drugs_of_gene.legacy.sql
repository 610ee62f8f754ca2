-- Question: which drugs act on EGFR?
-- Normal form: names of drugs.
select distinct d.value ->> 'name' as drug_name
from cancer_transcript_base as l
cross join jsonb_each(case when jsonb_typeof(l.drugs) = 'object' then l.drugs - 'pharmgkb_data' end) as d
where l.gene_symbol = 'EGFR'
