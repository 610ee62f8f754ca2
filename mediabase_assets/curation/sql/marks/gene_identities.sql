-- Genes that are named as a rule gave them, in all rows of the identity. Inputs: gene_identities, legacy_curation, legacy_rows.
update gene_identities as i set
  gene_id_repairs = case when c.n_ids = i.n_rows and i.gene_id is not null then i.gene_id_repairs || array['curator_rule'] else i.gene_id_repairs end,
  symbol_repairs = case when c.n_symbols = i.n_rows and i.symbol is not null then i.symbol_repairs || array['curator_rule'] else i.symbol_repairs end
from (
  select r.identity, count(*) filter (where e.legacy_column = 'gene_id') as n_ids, count(*) filter (where e.legacy_column = 'gene_symbol') as n_symbols
  from legacy_curation as e join legacy_rows as r using (row_digest)
  where e.payload_id is null and e.operation = 'set' and e.legacy_column in ('gene_id', 'gene_symbol') group by r.identity) as c
where c.identity = i.identity and (c.n_ids = i.n_rows or c.n_symbols = i.n_rows);
