-- Grain: one row per transcript, to be joined with a patient's fold changes. Flags and counts of GO terms and products are the
-- transcript's own, the others its gene's; a publication that several sources cite for the gene counts once.
-- Denied GO annotations (qualifier NOT) are counted apart: a transcript with nothing else has no GO terms.
-- data_completeness_score: 0.2 for each of identifiers, GO terms, pathways, drugs, publications.
-- avg_, max_, min_expression are over the gene's transcripts; patient_id is NULL in a database without patients.
-- view_created_at: when the transcript's or its gene's row was last written.
-- Inputs: transcripts, genes, go_term_sets, go_term_set_members, transcript_products, gene_cross_references, gene_pathways,
-- gene_drug_interactions, gene_publications.
with of_denied as (
  select go_set_id, count(*) as denied_count from go_term_set_members where qualifier ~ '^NOT(\||$)' group by go_set_id
),
of_sets as (
  select s.go_set_id, s.term_count - coalesce(n.denied_count, 0) as term_count, coalesce(n.denied_count, 0) as denied_count
  from go_term_sets as s left join of_denied as n using (go_set_id)
),
of_products as (
  select distinct transcript_id from transcript_products
),
of_references as (
  select distinct gene_id from gene_cross_references
),
of_pathways as (
  select gene_id, count(distinct pathway_id) as pathway_count from gene_pathways group by gene_id
),
of_drugs as (
  select gene_id, count(*) as drug_interaction_count from gene_drug_interactions group by gene_id
),
cited as (
  select gene_id, publication_id, max(relevance_score) as relevance_score from gene_publications group by gene_id, publication_id
),
of_publications as (
  select gene_id, count(*) as publication_count, avg(relevance_score) as avg_publication_relevance from cited group by gene_id
),
of_genes as (
  select
    gene_id, count(*) as transcript_count, avg(expression_fold_change) as avg_expression, max(expression_fold_change) as max_expression,
    min(expression_fold_change) as min_expression
  from transcripts
  group by gene_id
)
select
  t.transcript_id, g.gene_id, g.gene_symbol, g.gene_name, g.gene_type, g.chromosome,
  t.transcript_name, t.transcript_type, t.support_level as transcript_support_level,
  r.gene_id is not null as has_cross_references,
  coalesce(s.term_count, 0) > 0 as has_go_terms,
  w.gene_id is not null as has_pathways,
  d.gene_id is not null as has_drug_interactions,
  c.gene_id is not null as has_publications,
  p.transcript_id is not null as has_products,
  coalesce(s.term_count, 0)::bigint as go_term_count,
  coalesce(w.pathway_count, 0) as pathway_count,
  coalesce(d.drug_interaction_count, 0) as drug_interaction_count,
  coalesce(c.publication_count, 0) as publication_count,
  coalesce(s.denied_count, 0)::bigint as denied_go_term_count,
  t.expression_fold_change,
  null::text as patient_id,
  c.avg_publication_relevance,
  (0.2 * ((r.gene_id is not null)::integer + (coalesce(s.term_count, 0) > 0)::integer + (w.gene_id is not null)::integer
    + (d.gene_id is not null)::integer + (c.gene_id is not null)::integer))::numeric(2, 1) as data_completeness_score,
  o.transcript_count, o.avg_expression, o.max_expression, o.min_expression,
  o.max_expression > 2.0 or o.min_expression < 0.5 as has_significant_expression_change,
  greatest(t.updated_at, g.updated_at) as view_created_at
from transcripts as t
join genes as g using (gene_id)
join of_genes as o using (gene_id)
left join of_sets as s using (go_set_id)
left join of_products as p using (transcript_id)
left join of_references as r using (gene_id)
left join of_pathways as w using (gene_id)
left join of_drugs as d using (gene_id)
left join of_publications as c using (gene_id)
