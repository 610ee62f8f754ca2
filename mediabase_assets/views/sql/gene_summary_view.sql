-- Grain: one row per gene. Each branch (transcripts, identifiers, GO terms, pathways, drugs, publications) is brought to one row
-- per gene before it is joined, so that no branch multiplies another. Members of lists are distinct and in order.
-- Denied GO annotations (qualifier NOT) are in denied_go_terms alone: no list, flag or count takes them for annotations.
-- view_created_at: when the gene's row was last written; it stays while the gene does, so that a refresh touches only what changed.
-- Inputs: genes, transcripts, gene_cross_references, go_term_set_members, go_terms, gene_pathways, pathways,
-- gene_drug_interactions, drug_interactions, gene_publications, publications.
with of_transcripts as (
  select
    gene_id, count(*) as transcript_count, array_agg(transcript_id order by transcript_id collate "C") as transcript_ids,
    avg(expression_fold_change) as avg_expression_fold_change, max(expression_fold_change) as max_expression_fold_change,
    min(expression_fold_change) as min_expression_fold_change
  from transcripts
  group by gene_id
),
of_references as (
  select
    gene_id,
    jsonb_agg(jsonb_build_object('database', external_db, 'id', external_id, 'description', null) order by external_db collate "C", external_id collate "C") as cross_references
  from gene_cross_references
  group by gene_id
),
go as (
  select distinct s.gene_id, m.go_id, m.evidence_code
  from (select distinct gene_id, go_set_id from transcripts where go_set_id is not null) as s
  join go_term_set_members as m using (go_set_id)
  where coalesce(m.qualifier !~ '^NOT(\||$)', true)
),
of_go as (
  select
    go.gene_id,
    jsonb_agg(jsonb_build_object('go_id', go.go_id, 'term', g.term_name, 'category', g.category, 'evidence', go.evidence_code)
      order by go.go_id collate "C", go.evidence_code collate "C") as go_terms
  from go join go_terms as g using (go_id)
  group by go.gene_id
),
of_denied as (
  select
    d.gene_id,
    jsonb_agg(jsonb_build_object('go_id', d.go_id, 'term', g.term_name, 'category', g.category, 'evidence', d.evidence_code, 'qualifier', d.qualifier)
      order by d.go_id collate "C", d.evidence_code collate "C", d.qualifier collate "C") as denied_go_terms
  from (
    select distinct s.gene_id, m.go_id, m.evidence_code, m.qualifier
    from go_term_set_members as m
    join transcripts as s using (go_set_id)
    where m.qualifier ~ '^NOT(\||$)') as d
  join go_terms as g using (go_id)
  group by d.gene_id
),
of_pathways as (
  select
    l.gene_id,
    jsonb_agg(jsonb_build_object('pathway_id', p.pathway_id, 'name', p.pathway_name, 'database', p.source_database, 'species', p.species)
      order by p.pathway_id collate "C") as pathways
  from (select distinct gene_id, pathway_id from gene_pathways) as l
  join pathways as p using (pathway_id)
  group by l.gene_id
),
of_drugs as (
  select
    l.gene_id,
    jsonb_agg(jsonb_build_object('drug_name', d.drug_name, 'mechanism', d.mechanism_of_action, 'target_type', d.target_type,
      'indication', d.indication, 'source', d.source_database) order by d.drug_name collate "C", d.drug_interaction_id collate "C") as drug_interactions
  from gene_drug_interactions as l
  join drug_interactions as d using (drug_interaction_id)
  group by l.gene_id
),
cited as (
  select gene_id, publication_id, max(relevance_score) as relevance_score from gene_publications group by gene_id, publication_id
),
of_publications as (
  select
    c.gene_id,
    jsonb_agg(jsonb_build_object('pmid', p.pmid, 'title', p.title, 'year', p.publication_year, 'relevance_score', c.relevance_score)
      order by p.publication_id) as publications
  from cited as c
  join publications as p using (publication_id)
  group by c.gene_id
)
select
  g.gene_id, g.gene_symbol, g.gene_name, g.gene_type, g.chromosome, g.start_position as start_pos, g.end_position as end_pos, g.strand,
  coalesce(t.transcript_count, 0) as transcript_count,
  coalesce(t.transcript_ids, '{}') as transcript_ids,
  coalesce(r.cross_references, '[]') as cross_references,
  coalesce(o.go_terms, '[]') as go_terms,
  coalesce(w.pathways, '[]') as pathways,
  coalesce(d.drug_interactions, '[]') as drug_interactions,
  coalesce(c.publications, '[]') as publications,
  coalesce(n.denied_go_terms, '[]') as denied_go_terms,
  r.gene_id is not null as has_cross_references,
  o.gene_id is not null as has_go_terms,
  w.gene_id is not null as has_pathways,
  d.gene_id is not null as has_drug_interactions,
  c.gene_id is not null as has_publications,
  t.avg_expression_fold_change, t.max_expression_fold_change, t.min_expression_fold_change,
  g.updated_at as view_created_at
from genes as g
left join of_transcripts as t using (gene_id)
left join of_references as r using (gene_id)
left join of_go as o using (gene_id)
left join of_denied as n using (gene_id)
left join of_pathways as w using (gene_id)
left join of_drugs as d using (gene_id)
left join of_publications as c using (gene_id)
