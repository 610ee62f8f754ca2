-- Question: which publications does the literature search connect with TP53?
-- Normal form: PubMed ids.
select distinct p.reference ->> 'pmid' as pmid
from cancer_transcript_base as l
cross join jsonb_array_elements(
  case when jsonb_typeof(l.source_references -> 'publications') = 'array' then l.source_references -> 'publications' end) as p (reference)
where l.gene_symbol = 'TP53'
