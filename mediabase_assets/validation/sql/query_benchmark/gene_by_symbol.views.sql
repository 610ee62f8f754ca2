-- Question: what is known about TP53?
-- Normal form: one row per gene; lists are sets.
select
  gene_id, gene_symbol, gene_type, transcript_count, transcript_ids,
  array(select jsonb_path_query(go_terms, '$[*].go_id') #>> '{}') as go_ids,
  array(select jsonb_path_query(drug_interactions, '$[*].drug_name') #>> '{}') as drugs
from gene_summary_view
where gene_symbol = 'TP53'
