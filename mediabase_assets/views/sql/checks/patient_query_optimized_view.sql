-- Selects every number of patient_query_optimized_view that differs from the tables, and rows whose flags and counts disagree.
select what, of_the_view, of_the_tables
from (
  select v.what, v.shown as of_the_view, t.held as of_the_tables
  from (
    select count(*) as transcripts, sum(go_term_count) as go, sum(denied_go_term_count) as denied, count(*) filter (where has_products) as products,
      count(*) filter (where has_cross_references) as referenced,
      sum(pathway_count::numeric / transcript_count) as pathways, sum(drug_interaction_count::numeric / transcript_count) as drugs,
      sum(publication_count::numeric / transcript_count) as publications, sum(1.0 / transcript_count) as genes
    from patient_query_optimized_view) as s
  cross join lateral (values
    ('transcripts', transcripts), ('GO annotations', go), ('denied GO annotations', denied), ('transcripts with products', products),
    ('transcripts of genes with identifiers', referenced), ('pathways of genes with transcripts', round(pathways)),
    ('drugs of genes with transcripts', round(drugs)), ('publications of genes with transcripts', round(publications)),
    ('genes with transcripts', round(genes))
  ) as v (what, shown)
  join (
    select 'transcripts' as what, count(*) as held from transcripts
    union all select 'GO annotations', count(*) from transcripts join go_term_set_members using (go_set_id) where coalesce(qualifier !~ '^NOT(\||$)', true)
    union all select 'denied GO annotations', count(*) from transcripts join go_term_set_members using (go_set_id) where qualifier ~ '^NOT(\||$)'
    union all select 'transcripts with products', count(distinct transcript_id) from transcript_products
    union all select 'transcripts of genes with identifiers', count(*) from transcripts
      where gene_id in (select gene_id from gene_cross_references)
    union all select 'pathways of genes with transcripts', count(*) from (
      select distinct gene_id, pathway_id from gene_pathways where gene_id in (select gene_id from transcripts)) as d
    union all select 'drugs of genes with transcripts', count(*) from gene_drug_interactions where gene_id in (select gene_id from transcripts)
    union all select 'publications of genes with transcripts', count(*) from (
      select distinct gene_id, publication_id from gene_publications where gene_id in (select gene_id from transcripts)) as d
    union all select 'genes with transcripts', count(distinct gene_id) from transcripts
  ) as t using (what)
) as totals
where coalesce(of_the_view, 0) <> of_the_tables
union all
select 'a flag of ' || transcript_id || ' against its count', has::integer, n
from patient_query_optimized_view
cross join lateral (values (has_go_terms, go_term_count), (has_pathways, pathway_count), (has_drug_interactions, drug_interaction_count),
  (has_publications, publication_count)) as f (has, n)
where has <> (n > 0)
  -- only transcripts of which this is so are taken apart
  and (has_go_terms <> (go_term_count > 0) or has_pathways <> (pathway_count > 0) or has_drug_interactions <> (drug_interaction_count > 0)
    or has_publications <> (publication_count > 0))
