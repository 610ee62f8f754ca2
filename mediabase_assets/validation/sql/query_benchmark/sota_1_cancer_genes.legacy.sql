-- Question: SOTA 1: expression, pathways and drugs of 31 well-known cancer genes, whatever their expression.
-- Normal form: one row per gene; lists are sets, numbers rounded to two digits.
select
  case
    when l.gene_symbol in ('MYC', 'ERBB2', 'EGFR', 'KRAS', 'PIK3CA', 'AKT1', 'CCND1', 'MDM2', 'BRAF', 'NRAS') then 'oncogene'
    when l.gene_symbol in ('ESR1', 'PGR', 'AR') then 'hormone receptor'
    when l.gene_symbol in ('ATM', 'CHEK1', 'CHEK2', 'RAD51', 'PARP1', 'MLH1', 'MSH2', 'XRCC1') then 'DNA repair'
    else 'tumour suppressor'
  end as category,
  l.gene_symbol, l.gene_id, count(distinct l.transcript_id) as transcripts,
  round(max(l.expression_fold_change)::numeric, 2) as max_fold_change,
  count(distinct l.transcript_id) filter (where d.is_druggable) as druggable_transcripts,
  array_agg(distinct p.product_type) filter (where p.product_type is not null) as product_types
from cancer_transcript_base as l
cross join lateral (
  select case jsonb_typeof(l.drugs) when 'object' then l.drugs - 'pharmgkb_data' <> '{}' when 'array' then l.drugs @? '$[*].name' else false end
) as d (is_druggable)
left join lateral unnest(l.product_type) as p (product_type) on true
where l.gene_symbol in (
  'MYC', 'ERBB2', 'EGFR', 'KRAS', 'PIK3CA', 'AKT1', 'CCND1', 'MDM2', 'BRAF', 'NRAS', 'TP53', 'RB1', 'PTEN', 'BRCA1', 'BRCA2',
  'CDKN2A', 'CDKN1A', 'CDKN1B', 'APC', 'VHL', 'ATM', 'CHEK1', 'CHEK2', 'RAD51', 'PARP1', 'MLH1', 'MSH2', 'XRCC1', 'ESR1', 'PGR', 'AR')
group by l.gene_symbol, l.gene_id
