-- Question: SOTA 1: expression and drugs of 31 well-known cancer genes that are changed in a patient. Grain: one row per gene.
-- measured: the patient's changed genes. {live}: schema of the released tables.
select
  case
    when m.gene_symbol in ('MYC', 'ERBB2', 'EGFR', 'KRAS', 'PIK3CA', 'AKT1', 'CCND1', 'MDM2', 'BRAF', 'NRAS') then 'oncogene'
    when m.gene_symbol in ('ESR1', 'PGR', 'AR') then 'hormone receptor'
    when m.gene_symbol in ('ATM', 'CHEK1', 'CHEK2', 'RAD51', 'PARP1', 'MLH1', 'MSH2', 'XRCC1') then 'DNA repair'
    else 'tumour suppressor'
  end as category,
  m.gene_symbol, m.gene_id, m.transcripts, round(m.max_fold_change::numeric, 2) as max_fold_change,
  case when m.is_druggable then m.transcripts else 0 end as druggable_transcripts,
  array(
    select a.annotation_value collate "C" from {live}.gene_annotations as a
    where a.gene_id = m.gene_id and a.annotation_type = 'product_type' order by 1) as product_types
from ({measured}) as m
where m.gene_symbol in (
  'MYC', 'ERBB2', 'EGFR', 'KRAS', 'PIK3CA', 'AKT1', 'CCND1', 'MDM2', 'BRAF', 'NRAS', 'TP53', 'RB1', 'PTEN', 'BRCA1', 'BRCA2',
  'CDKN2A', 'CDKN1A', 'CDKN1B', 'APC', 'VHL', 'ATM', 'CHEK1', 'CHEK2', 'RAD51', 'PARP1', 'MLH1', 'MSH2', 'XRCC1', 'ESR1', 'PGR', 'AR')
order by category, m.gene_symbol collate "C"
