-- Selects every number of go_term_hierarchy_view that differs from the tables.
with holders as (
  select go_set_id, count(*) as transcripts from transcripts where go_set_id is not null group by go_set_id
),
held as (
  select sum(transcripts * members) as annotations, sum(transcripts * direct) as direct
  from holders
  join (
    select go_set_id, count(*) as members, count(*) filter (where not is_inherited) as direct
    from go_term_set_members where coalesce(qualifier !~ '^NOT(\||$)', true) group by go_set_id) as m using (go_set_id)
)
select what, of_the_view, of_the_tables
from (
  select 'terms' as what, (select count(*) from go_term_hierarchy_view) as of_the_view, (select count(*) from go_terms) as of_the_tables
  union all
  select 'transcript annotations', (select sum(associated_transcript_count) from go_term_hierarchy_view),
    (select annotations from held)
  union all
  select 'direct annotations', (select sum(direct_transcript_count) from go_term_hierarchy_view),
    (select direct from held)
  union all
  select 'gene annotations', (select sum(associated_gene_count) from go_term_hierarchy_view),
    (select count(*) from (select distinct gene_id, go_id
      from (select distinct gene_id, go_set_id from transcripts) as t join go_term_set_members using (go_set_id)
      where coalesce(qualifier !~ '^NOT(\||$)', true)) as d)
  union all
  select 'denied gene annotations', (select sum(denied_gene_count) from go_term_hierarchy_view),
    (select count(*) from (select distinct gene_id, go_id from transcripts join go_term_set_members using (go_set_id)
      where qualifier ~ '^NOT(\||$)') as d)
  union all
  select 'evidence', (select sum(n::bigint) from go_term_hierarchy_view cross join jsonb_each_text(evidence_distribution) as e (code, n)),
    (select annotations from held)
  union all
  select 'inheritance', (select sum(cardinality(more_specific_terms)) from go_term_hierarchy_view),
    (select count(*) from (select distinct go_id, inherited_from from holders join go_term_set_members using (go_set_id)
      where inherited_from is not null) as d)
) as totals
where coalesce(of_the_view, 0) <> coalesce(of_the_tables, 0)
union all
select 'genes of ' || go_id, associated_gene_count, cardinality(associated_genes)
from go_term_hierarchy_view
where associated_gene_count <> cardinality(associated_genes) or denied_gene_count <> cardinality(denied_genes)
