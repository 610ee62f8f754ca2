-- Grain: one row per gene, authority and identifier. source: every legacy field that named it.
-- is_primary: the legacy table names it as the one id of the gene, or the gene has no other of that authority.
-- Input: cross_reference_facts.
insert into gene_cross_references (gene_id, external_db, external_id, external_version, is_primary, source)
select
  gene_id, external_db, external_id, max(external_version),
  bool_or(field in ('alt_gene_ids', 'alt_transcript_ids') and is_reported)
    or (count(*) over (partition by gene_id, external_db) = 1),
  string_agg(distinct source collate "C", ', ' order by source collate "C")
from cross_reference_facts
where reason is null
group by gene_id, external_db, external_id
order by gene_id, external_db, external_id;
