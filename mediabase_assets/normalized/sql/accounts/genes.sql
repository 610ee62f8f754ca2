-- The account of the four legacy columns that describe the gene: a fact is what one legacy row says in that column.
with rows as (
  select
    t.raw_transcript_id, s.outcome, t.gene_id, g.reason as gene_reason, t.gene_type, t.gene_type_said, g.gene_type as kept_type,
    i.is_spreadsheet_symbol,
    i.gene_id_repairs <> '{}' as is_id_repaired,
    i.symbol_repairs <> '{}' or i.symbol is distinct from g.gene_symbol and i.symbol is not null as is_symbol_repaired
  from transcript_candidates as t
  join row_states as s using (raw_transcript_id)
  join gene_identities as i on i.identity = t.identity
  left join gene_candidates as g on g.gene_id = t.gene_id
),
by_gene as (
  select gene_id, count(*) as n, bool_and(is_id_repaired) as all_ids_repaired,
    count(*) filter (where not is_spreadsheet_symbol) as n_symbols, count(*) filter (where is_spreadsheet_symbol) as n_bad_symbols,
    bool_and(is_symbol_repaired) filter (where not is_spreadsheet_symbol) as all_symbols_repaired,
    count(gene_type) as n_types, count(*) filter (where gene_type <> kept_type) as n_other_types,
    count(gene_type_said) - count(gene_type) as n_bad_types
  from rows where gene_id is not null and gene_reason is null group by gene_id
)
select 'gene_id' as legacy_column, 'gene of a row' as fact_kind, true as is_primary,
  (select count(*) from legacy_rows) as facts_read,
  count(*) filter (where not all_ids_repaired) as kept, coalesce(sum(n - 1), 0)::bigint as merged,
  count(*) filter (where all_ids_repaired) as repaired,
  (select count(*) from rows where gene_id is null or gene_reason is not null) as quarantined, 0::bigint as archived
from by_gene
union all
select 'gene_symbol', 'symbol of a row', true, (select count(*) from legacy_rows),
  count(*) filter (where n_symbols > 0 and not all_symbols_repaired), coalesce(sum(n_symbols - 1) filter (where n_symbols > 0), 0)::bigint,
  count(*) filter (where n_symbols > 0 and all_symbols_repaired),
  ((select count(*) from rows where gene_id is null or gene_reason is not null) + coalesce(sum(n_bad_symbols), 0))::bigint, 0
from by_gene
union all
select 'gene_type', 'type of a row', true, (select count(*) from legacy_rows where clean_text(gene_type) is not null),
  count(*) filter (where n_types > 0), coalesce(sum(n_types - n_other_types - 1) filter (where n_types > 0), 0)::bigint,
  coalesce(sum(n_other_types), 0)::bigint,
  ((select count(gene_type_said) from rows where gene_id is null or gene_reason is not null) + coalesce(sum(n_bad_types), 0))::bigint, 0
from by_gene;
