-- Question: which are the first ten genes, by symbol, with drugs, pathways and publications?
-- Normal form: rows in order.
select distinct l.gene_symbol, l.gene_id
from cancer_transcript_base as l
where case jsonb_typeof(l.drugs) when 'object' then l.drugs - 'pharmgkb_data' <> '{}' when 'array' then l.drugs @? '$[*].name' else false end
  and (cardinality(l.pathways) > 0 or l.drugs @? '$.pharmgkb_data.pathway_data.keyvalue()')
  and l.source_references @? '$.*[*].pmid'
order by l.gene_symbol, l.gene_id
limit 10
