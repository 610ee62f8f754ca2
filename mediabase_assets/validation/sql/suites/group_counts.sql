-- Grain: one row per table and value of what it is grouped by (biotype, source …); tables without groups have one row.
-- Inputs: the normalized tables, each read once.
with of_genes as (
  select gene_id, coalesce(gene_type, 'not told') as biotype from genes
)
select 'genes', 'biotype', biotype, count(*) from of_genes group by 3
union all
select 'transcripts', 'biotype', g.biotype, sum(t.transcripts)::bigint
from (select gene_id, count(*) as transcripts from transcripts group by 1) as t join of_genes as g using (gene_id) group by 3
union all
select 'gene_cross_references', 'database', external_db, count(*) from gene_cross_references group by 3
union all
select 'go_terms', 'aspect', coalesce(category, 'not told'), count(*) from go_terms group by 3
union all
select 'go_term_sets', '', '', count(*) from go_term_sets
union all
select 'go_term_set_members', '', '', count(*) from go_term_set_members
union all
select 'transcript_go_terms', '', '', coalesce(sum(s.term_count), 0)::bigint from transcripts as t join go_term_sets as s using (go_set_id)
union all
select 'pathways', 'source', source_database, count(*) from pathways group by 3
union all
select 'gene_pathways', 'source', pathway_source, count(*) from gene_pathways group by 3
union all
select 'drug_interactions', 'source', source_database, count(*) from drug_interactions group by 3
union all
select 'gene_drug_interactions', 'source', source, count(*) from gene_drug_interactions group by 3
union all
select 'publications', '', '', count(*) from publications
union all
select 'gene_publications', 'source', source_db, count(*) from gene_publications group by 3
union all
select 'transcript_products', 'type', product_type, count(*) from transcript_products group by 3
union all
select 'gene_annotations', 'type', annotation_type, count(*) from gene_annotations group by 3
union all
select 'pharmgkb_pathway_reactions', '', '', count(*) from pharmgkb_pathway_reactions
union all
select 'pharmacogenomic_annotations', 'kind', kind, count(*) from pharmacogenomic_annotations group by 3
union all
select 'transcripts', 'transcript_type', transcript_type, count(*) from transcripts where transcript_type is not null group by 3
