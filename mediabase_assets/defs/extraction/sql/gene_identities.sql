-- Grain: one row per way in which legacy rows name a gene (gene id, symbol, and the ids hidden in features and alt_gene_ids).
-- Rule: the row's own gene id; else the versioned id in its features; else alt_gene_ids.Ensembl; else a symbol that is
-- an Ensembl id; else the only gene that other rows of the same symbol name. Ids are never invented.
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
    clean_text(raw_symbol) collate "C" as symbol,
    ensembl_id(raw_gene_id, 'ENSG') as own,
    ensembl_id(feature_gene_id, 'ENSG') as feature,
    ensembl_id(alternative_gene_id, 'ENSG') as alternative,
    case when raw_symbol like '%ENSG%' then (ensembl_id(raw_symbol, 'ENSG'))[1] end as symbol_id
  from named
),
named_by_symbol as (
  select symbol, min(coalesce(own[1], feature[1], alternative[1])) as gene_id,
    count(distinct coalesce(own[1], feature[1], alternative[1])) as n_genes
  from parsed
  where symbol is not null
  group by symbol
),
resolved as (
  select
    p.*,
    coalesce(own[1], feature[1], alternative[1], symbol_id, case when s.n_genes = 1 then s.gene_id end) as gene_id,
    case
      when own is not null then 'gene_id'
      when feature is not null then 'features'
      when alternative is not null then 'alt_gene_ids'
      when symbol_id is not null then 'gene_symbol'
      when s.n_genes = 1 then 'same_symbol'
    end as gene_id_source,
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
  coalesce(own[3] = 'par', false) or coalesce(feature[3] = 'par', false) as is_par,
  case
    when gene_id is not null then null
    when clean_text(raw_gene_id) is not null then 'bad_gene_id'
    when n_genes_of_symbol > 1 then 'gene_id_ambiguous'
    else 'gene_id_unresolvable'
  end as reason,
  array_remove(array[
    case when gene_id_source <> 'gene_id' and clean_text(raw_gene_id) is null then 'missing_gene_id' end,
    case when gene_id_source <> 'gene_id' and clean_text(raw_gene_id) is not null then 'bad_gene_id' end,
    case when own[3] = 'par' then 'par_y' end,
    case when own[2] is not null then 'versioned_id' end,
    case when own is not null and clean_text(raw_gene_id) <> raw_gene_id then 'white_space' end
  ], null) as gene_id_repairs,
  array_remove(array[
    case when raw_symbol is null or raw_symbol = '' then 'missing_symbol' end,
    case when raw_symbol <> '' and clean_text(raw_symbol) is null then 'blank_symbol' end,
    case when clean_text(raw_symbol) <> raw_symbol then 'white_space' end
  ], null) as symbol_repairs
from resolved;
