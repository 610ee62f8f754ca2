-- Grain: one row per identity of the snapshot, with the gene that gene_identities will say: the one that its rows name, or the only one
-- that other rows of the symbol name. Input: legacy_rows.
create temporary table genes_now on commit drop as
with named as (
  select identity, min(gene_symbol) as raw_symbol, gene_of_row(min(gene_id), min(feature_gene_id), min(alternative_gene_id), min(gene_symbol)) as gene
  from legacy_rows group by identity
),
symbols as (
  select identity, symbol_of(raw_symbol) as symbol, gene from named
),
by_symbol as (
  select symbol, min(gene[1]) as gene_id, count(distinct gene[1]) as n from symbols where symbol is not null and gene[2] <> 'gene_symbol' group by symbol
)
select s.identity, s.symbol, case when s.gene[2] = 'missing' and b.n = 1 then b.gene_id else s.gene[1] end as gene_id
from symbols as s left join by_symbol as b using (symbol);
create index on genes_now (identity);
analyze genes_now;
