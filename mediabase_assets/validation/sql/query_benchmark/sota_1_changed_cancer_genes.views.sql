-- Question: SOTA 1: the same for those whose expression changed (fold change other than 1).
-- Normal form: one row per gene; lists are sets, numbers rounded to two digits.
select
  case
    when t.gene_symbol in ('MYC', 'ERBB2', 'EGFR', 'KRAS', 'PIK3CA', 'AKT1', 'CCND1', 'MDM2', 'BRAF', 'NRAS') then 'oncogene'
    when t.gene_symbol in ('ESR1', 'PGR', 'AR') then 'hormone receptor'
    when t.gene_symbol in ('ATM', 'CHEK1', 'CHEK2', 'RAD51', 'PARP1', 'MLH1', 'MSH2', 'XRCC1') then 'DNA repair'
    else 'tumour suppressor'
  end as category,
  t.gene_symbol, t.gene_id, count(*) as transcripts,
  round(max(t.expression_fold_change)::numeric, 2) as max_fold_change,
  count(*) filter (where t.has_drug_interactions) as druggable_transcripts,
  (select array_agg(a.annotation_value) from gene_annotations as a
    where a.gene_id = t.gene_id and a.annotation_type = 'product_type') as product_types
from patient_query_optimized_view as t
where t.gene_symbol in (
  'MYC', 'ERBB2', 'EGFR', 'KRAS', 'PIK3CA', 'AKT1', 'CCND1', 'MDM2', 'BRAF', 'NRAS', 'TP53', 'RB1', 'PTEN', 'BRCA1', 'BRCA2',
  'CDKN2A', 'CDKN1A', 'CDKN1B', 'APC', 'VHL', 'ATM', 'CHEK1', 'CHEK2', 'RAD51', 'PARP1', 'MLH1', 'MSH2', 'XRCC1', 'ESR1', 'PGR', 'AR')
  and t.expression_fold_change <> 1.0
group by t.gene_symbol, t.gene_id
