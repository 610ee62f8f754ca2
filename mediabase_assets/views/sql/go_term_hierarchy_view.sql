-- Grain: one row per GO term. Genes and transcripts are counted over the sets of annotations that hold the term, each once.
-- Denied annotations (qualifier NOT) count as none; the genes that they are about are told apart.
-- evidence_distribution: transcripts by evidence code, `unknown` for those without one. The hierarchy is known as far as
-- inherited annotations tell it: more_specific_terms are those that this term was inherited from, more_general_terms those
-- that inherited it from this one; direct_transcript_count leaves inherited annotations out.
-- view_created_at: when the newest gene that it shows was last written.
-- Inputs: go_terms, go_term_set_members, transcripts, genes.
with sizes as (
  select go_set_id, count(*) as transcripts from transcripts where go_set_id is not null group by go_set_id
),
positive as not materialized (
  select go_set_id, go_id, evidence_code, is_inherited from go_term_set_members where coalesce(qualifier !~ '^NOT(\||$)', true)
),
by_code as (
  select
    m.go_id, coalesce(m.evidence_code, 'unknown') as code, sum(s.transcripts)::bigint as transcripts,
    coalesce(sum(s.transcripts) filter (where not m.is_inherited), 0)::bigint as direct
  from positive as m
  join sizes as s using (go_set_id)
  group by m.go_id, coalesce(m.evidence_code, 'unknown')
),
of_transcripts as (
  select
    go_id, sum(transcripts)::bigint as associated_transcript_count, sum(direct)::bigint as direct_transcript_count,
    jsonb_object_agg(code, transcripts) as evidence_distribution
  from by_code
  group by go_id
),
held as (
  select distinct m.go_id, s.gene_id
  from (select distinct gene_id, go_set_id from transcripts where go_set_id is not null) as s
  join positive as m using (go_set_id)
),
of_genes as (
  select
    h.go_id, count(*) as associated_gene_count, array_agg(g.gene_symbol order by g.gene_symbol collate "C", g.gene_id collate "C") as associated_genes,
    max(g.updated_at) as updated_at
  from held as h
  join genes as g using (gene_id)
  group by h.go_id
),
denied as (
  select d.go_id, count(*) as denied_gene_count, array_agg(g.gene_symbol order by g.gene_symbol collate "C", g.gene_id collate "C") as denied_genes,
    max(g.updated_at) as updated_at
  from (
    select distinct m.go_id, s.gene_id
    from go_term_set_members as m
    join transcripts as s using (go_set_id)
    where m.qualifier ~ '^NOT(\||$)') as d
  join genes as g using (gene_id)
  group by d.go_id
),
qualified as (
  select go_id, array_agg(distinct qualifier collate "C" order by qualifier collate "C") as qualifiers
  from go_term_set_members
  join sizes using (go_set_id)
  where qualifier is not null
  group by go_id
),
inherited as (
  select distinct go_id, inherited_from from go_term_set_members join sizes using (go_set_id) where inherited_from is not null
),
specific as (
  select go_id, array_agg(inherited_from order by inherited_from collate "C") as terms from inherited group by go_id
),
general as (
  select inherited_from as go_id, array_agg(go_id order by go_id collate "C") as terms from inherited group by inherited_from
)
select
  t.go_id, t.term_name, t.category, t.definition,
  coalesce(g.associated_gene_count, 0) as associated_gene_count,
  coalesce(g.associated_genes, '{}') as associated_genes,
  coalesce(o.associated_transcript_count, 0) as associated_transcript_count,
  coalesce(o.direct_transcript_count, 0) as direct_transcript_count,
  coalesce(o.evidence_distribution, '{}') as evidence_distribution,
  coalesce(q.qualifiers, '{}') as qualifiers,
  coalesce(s.terms, '{}') as more_specific_terms,
  coalesce(a.terms, '{}') as more_general_terms,
  coalesce(d.denied_gene_count, 0) as denied_gene_count,
  coalesce(d.denied_genes, '{}') as denied_genes,
  greatest(g.updated_at, d.updated_at) as view_created_at
from go_terms as t
left join of_transcripts as o using (go_id)
left join of_genes as g using (go_id)
left join denied as d using (go_id)
left join qualified as q using (go_id)
left join specific as s using (go_id)
left join general as a using (go_id)
