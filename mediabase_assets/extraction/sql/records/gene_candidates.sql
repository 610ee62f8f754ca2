-- What the choice between genes put into quarantine: the gene, and every value that describes it, whole; symbols and types that are none.
insert into quarantine (
  migration_id, asset, transcript_id, gene_id, legacy_column, json_path, reason, raw_value, winner, fact_count)
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), min(i.first_transcript_id), g.gene_id, 'gene_id', '$',
  g.reason, jsonb_build_object('gene_id', g.gene_id, 'gene_symbol', g.legacy_symbol, 'gene_type', g.gene_type, 'chromosome', g.chromosome,
    'genomic_coordinates', g.genomic_coordinates, 'quality_score', g.quality_score, 'rank_of_symbol', g.rank_of_symbol),
  g.winner_gene_id, sum(i.n_rows)
from gene_candidates as g
join gene_identities as i using (gene_id)
where g.reason is not null
group by g.gene_id, g.reason, g.legacy_symbol, g.gene_type, g.chromosome, g.genomic_coordinates, g.quality_score, g.rank_of_symbol, g.winner_gene_id
union all
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), first_transcript_id, null, 'gene_id', '$', reason,
  jsonb_build_object('gene_id', raw_gene_id, 'gene_symbol', raw_symbol), null, n_rows
from gene_identities where gene_id is null
union all
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), min(t.raw_transcript_id), t.gene_id, v.legacy_column, '$',
  'gene_quarantined', v.raw, min(g.winner_gene_id), count(*)
from transcript_candidates as t
join gene_identities as i on i.identity = t.identity
left join gene_candidates as g on g.gene_id = t.gene_id
cross join lateral (values ('gene_symbol', to_jsonb(i.raw_symbol), true), ('gene_type', to_jsonb(t.gene_type_said), t.gene_type_said is not null))
  as v (legacy_column, raw, is_fact)
where (t.gene_id is null or g.reason is not null) and v.is_fact
group by t.gene_id, case when t.gene_id is null then t.raw_transcript_id end, v.legacy_column, v.raw
union all
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), first_transcript_id, gene_id, legacy_column, '$', reason,
  value, winner_gene_id, n * count_facts(field, value)
from (select * from gene_payloads where reason is not null offset 0) as p
where count_facts(field, value) > 0
union all
-- values of rows of kept genes that were set aside
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), t.raw_transcript_id, t.gene_id, v.legacy_column, '$',
  v.reason, v.raw, null, 1
from (
  select t.raw_transcript_id, t.gene_id, t.gene_type, t.gene_type_said, i.raw_symbol, i.is_spreadsheet_symbol
  from transcript_candidates as t join gene_identities as i on i.identity = t.identity join gene_candidates as g on g.gene_id = t.gene_id
  where g.reason is null and (i.is_spreadsheet_symbol or t.gene_type is null and t.gene_type_said is not null)
  offset 0) as t
cross join lateral (values
  ('gene_symbol', 'spreadsheet_date', to_jsonb(t.raw_symbol), t.is_spreadsheet_symbol),
  ('gene_type', biotype_reason(t.gene_type_said), to_jsonb(t.gene_type_said), t.gene_type is null and t.gene_type_said is not null)
) as v (legacy_column, reason, raw, applies)
where v.applies;

insert into repairs (
  migration_id, asset, transcript_id, gene_id, legacy_column, json_path, reason, raw_value, repaired_value, fact_count)
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), i.first_transcript_id, i.gene_id, 'gene_id', '$', code,
  to_jsonb(i.raw_gene_id), to_jsonb(i.gene_id), i.n_rows
from gene_identities as i join gene_candidates as g using (gene_id) cross join unnest(i.gene_id_repairs) as code
where g.reason is null
union all
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), i.first_transcript_id, i.gene_id, 'gene_symbol', '$', code,
  to_jsonb(i.raw_symbol), to_jsonb(g.gene_symbol), i.n_rows
from gene_identities as i join gene_candidates as g using (gene_id) cross join unnest(i.symbol_repairs) as code
where g.reason is null
union all
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), i.first_transcript_id, i.gene_id, 'gene_symbol', '$',
  case when g.symbol_source = 'qualified' and i.symbol = g.legacy_symbol then 'symbol_qualified' else 'symbol_differs' end,
  to_jsonb(i.raw_symbol), to_jsonb(g.gene_symbol), i.n_rows
from gene_identities as i join gene_candidates as g using (gene_id)
where g.reason is null and i.symbol is not null and i.symbol <> g.gene_symbol
union all
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), min(t.raw_transcript_id), t.gene_id, 'gene_type', '$', 'gene_type_differs',
  to_jsonb(t.gene_type), to_jsonb(g.gene_type), count(*)
from transcript_candidates as t join gene_candidates as g using (gene_id)
where g.reason is null and t.gene_type <> g.gene_type
group by t.gene_id, t.gene_type, g.gene_type
union all
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), p.first_transcript_id, i.gene_id, split_part(p.field, '.', 1), '$',
  'array_flattened', to_jsonb(p.flattened_from), p.value, p.n_rows * jsonb_array_length(p.value)
from legacy_payloads as p join gene_identities as i using (identity) join gene_candidates as g using (gene_id)
where p.flattened_from is not null and g.reason is null;
