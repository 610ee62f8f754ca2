-- Question: what is known about TP53?
-- Normal form: one row per gene; lists are sets.
with rows_of_gene as materialized (
  select * from cancer_transcript_base as l where l.gene_symbol = 'TP53'
)
select
  gene_id, gene_symbol, min(gene_type) as gene_type, count(*) as transcript_count, array_agg(transcript_id) as transcript_ids,
  array(select distinct k from rows_of_gene, jsonb_object_keys(case when jsonb_typeof(go_terms) = 'object' then go_terms end) as k) as go_ids,
  array(select distinct d.value ->> 'name' from rows_of_gene,
    jsonb_each(case when jsonb_typeof(drugs) = 'object' then drugs - 'pharmgkb_data' end) as d) as drugs
from rows_of_gene
group by gene_id, gene_symbol
