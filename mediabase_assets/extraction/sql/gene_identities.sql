-- Grain: one row per way in which legacy rows name a gene (gene id, symbol, and the ids hidden in features and alt_gene_ids).
-- Rule: gene_of_row; a gene id that is missing is that of the only gene that other rows of the same symbol name. An id of another species
-- is no gene of its symbol: its rows are in quarantine with all that they say. Ids are never invented.
-- Input: legacy_rows.
create unlogged table gene_identities as
with named as (
  select
    identity, min(gene_id) as raw_gene_id, min(gene_symbol) as raw_symbol, min(feature_gene_id) as feature_gene_id,
    min(alternative_gene_id) as alternative_gene_id, count(*)::integer as n_rows, min(transcript_id) as first_transcript_id
  from legacy_rows
  group by identity
),
parsed as materialized (
  select
    *,
    symbol_of(raw_symbol) collate "C" as symbol,
    not is_placeholder(raw_gene_id) and clean_id(raw_gene_id) is not null as is_id_told,
    ensembl_id(raw_gene_id, 'ENSG') as own,
    ensembl_id(feature_gene_id, 'ENSG') as feature,
    ensembl_id(alternative_gene_id, 'ENSG') as alternative,
    gene_of_row(raw_gene_id, feature_gene_id, alternative_gene_id, raw_symbol) as named_gene
  from named
),
named_by_symbol as (
  select symbol, min(named_gene[1]) as gene_id, count(distinct named_gene[1]) as n_genes
  from parsed
  where symbol is not null and named_gene[2] <> 'gene_symbol'
  group by symbol
),
resolved as (
  select
    p.*,
    case when named_gene[2] = 'missing' and s.n_genes = 1 then s.gene_id else named_gene[1] end as gene_id,
    case when named_gene[2] = 'missing' and s.n_genes = 1 then 'same_symbol' else named_gene[2] end as gene_id_source,
    coalesce(s.n_genes, 0) as n_genes_of_symbol
  from parsed as p
  left join named_by_symbol as s on s.symbol = p.symbol
)
select
  identity, raw_gene_id, raw_symbol, symbol, n_rows, first_transcript_id,
  gene_id collate "C" as gene_id, gene_id_source,
  coalesce(
    case when own[1] = gene_id then own[2] end,
    case when feature[1] = gene_id then feature[2] end,
    case when alternative[1] = gene_id then alternative[2] end)::integer as gene_version,
  coalesce(own[3] = 'par', false) as is_par_id,
  coalesce(own[3] = 'par', false) or coalesce(feature[1] = gene_id and feature[3] = 'par', false) as is_par,
  is_lifted(raw_gene_id) or is_lifted(feature_gene_id) as is_lifted,
  case
    when gene_id is not null then null
    when gene_id_source in ('other_species', 'bad_gene_id') then gene_id_source
    when n_genes_of_symbol > 1 then 'gene_id_ambiguous'
    else 'gene_id_unresolvable'
  end as reason,
  array_remove(array[
    case when gene_id_source <> 'gene_id' and not is_id_told then 'missing_gene_id' end,
    case when gene_id_source <> 'gene_id' and is_id_told then 'bad_gene_id' end,
    case when own[3] = 'par' then 'par_y' end,
    case when own is not null and strpos(raw_gene_id, '.') > 0 then 'versioned_id' end,
    case when own is not null and is_lifted(raw_gene_id) then 'lifted_id' end,
    case when own is not null then cleaning(raw_gene_id) end
  ], null) as gene_id_repairs,
  array_remove(array[
    case when raw_symbol is null or raw_symbol = '' or is_placeholder(raw_symbol) then 'missing_symbol' end,
    case when raw_symbol <> '' and clean_id(raw_symbol) is null then 'blank_symbol' end,
    case when symbol is not null then cleaning(raw_symbol) end
  ], null) as symbol_repairs,
  symbol is null and is_spreadsheet_value(raw_symbol) as is_spreadsheet_symbol
from resolved;
