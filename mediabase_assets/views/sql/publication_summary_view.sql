-- Grain: one row per publication. A gene that several sources connect with it counts once: its mentions are summed, its
-- relevance is the highest. Averages are over genes; NULL where no relevance is known
-- (and left out of gene_associations).
-- view_created_at: when the newest gene that it shows was last written.
-- Inputs: publications, gene_publications, genes.
with cited as (
  select publication_id, gene_id, sum(mention_count) as mention_count, max(relevance_score) as relevance_score
  from gene_publications
  group by publication_id, gene_id
),
of_genes as (
  select
    c.publication_id, count(*) as associated_gene_count,
    array_agg(g.gene_symbol order by g.gene_symbol collate "C", g.gene_id collate "C") as associated_genes,
    avg(c.relevance_score) as avg_relevance_score, max(c.relevance_score) as max_relevance_score,
    jsonb_agg(jsonb_strip_nulls(jsonb_build_object('gene_id', g.gene_id, 'gene_symbol', g.gene_symbol,
      'relevance_score', c.relevance_score, 'mention_count', c.mention_count)) order by g.gene_symbol collate "C", g.gene_id collate "C") as gene_associations,
    max(g.updated_at) as updated_at
  from cited as c
  join genes as g using (gene_id)
  group by c.publication_id
)
select
  p.publication_id, p.pmid, p.title, p.authors, p.journal, p.publication_year, p.doi,
  coalesce(g.associated_gene_count, 0) as associated_gene_count,
  coalesce(g.associated_genes, '{}') as associated_genes,
  g.avg_relevance_score, g.max_relevance_score,
  coalesce(g.gene_associations, '[]') as gene_associations,
  g.updated_at as view_created_at
from publications as p
left join of_genes as g using (publication_id)
