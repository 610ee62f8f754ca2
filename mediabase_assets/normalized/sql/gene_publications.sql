-- Grain: one row per gene, publication and source. mention_count: how often the gene's annotation cites it there (a
-- reference copied onto several transcripts counts once). Relevance was never computed: NULL.
-- Inputs: reference_facts, pharmgkb_pathway_facts, pharmgkb_annotation_facts, publications.
insert into gene_publications (gene_id, publication_id, pmid, evidence_type, source_db, mention_count, details)
with mentions as (
  select gene_id, publication_id, evidence_type, source_db, count(distinct (field, path)) as mentions, details
  from reference_facts where reason is null group by 1, 2, 3, 4, details
  union all
  select f.gene_id, pmid::bigint, 'pathway_reaction', 'PharmGKB', count(distinct f.pathway_id), null
  from pharmgkb_pathway_facts as f cross join unnest(f.pmids) as pmid
  where f.is_first group by 1, 2
  union all
  select f.gene_id, pmid::bigint, f.kind || '_annotation', 'PharmGKB', count(distinct f.annotation_id), null
  from pharmgkb_annotation_facts as f cross join unnest(f.pmids) as pmid
  where f.is_first group by 1, 2, f.kind
)
select m.gene_id, m.publication_id, p.pmid, string_agg(distinct m.evidence_type collate "C", ', ' order by m.evidence_type collate "C"), m.source_db,
  sum(m.mentions)::integer, in_fixed_order(array_agg(m.details) filter (where m.details is not null))
from mentions as m
join publications as p using (publication_id)
group by m.gene_id, m.publication_id, p.pmid, m.source_db
order by m.gene_id, m.publication_id, m.source_db;
