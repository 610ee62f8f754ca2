-- Grain: one row per legacy_payloads row, with the gene that it describes. reason: why the whole value is quarantined
-- (its gene is not kept or not known); NULL where its facts are to be taken apart. n: legacy rows that hold the value.
create or replace view gene_payloads as
select
  p.payload_id, p.field, split_part(p.field, '.', 1) as legacy_column, p.n_rows as n, p.first_transcript_id, p.value,
  i.gene_id, g.legacy_symbol,
  case when i.gene_id is null then i.reason when g.reason is not null then 'gene_quarantined' end as reason,
  g.winner_gene_id
from legacy_payloads as p
join gene_identities as i using (identity)
left join gene_candidates as g using (gene_id);
