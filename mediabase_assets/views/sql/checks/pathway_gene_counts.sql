-- Selects every number of pathway_gene_counts that differs from the tables.
select what, of_the_view, of_the_tables
from (
  select 'pathways' as what, (select count(*) from pathway_gene_counts) as of_the_view,
    (select count(*) from (select distinct pathway_id, pathway_source from gene_pathways) as d) as of_the_tables
  union all
  select v.what, v.shown, t.held
  from (
    select sum(gene_count) as genes, sum(cardinality(gene_members)) as members, sum(cardinality(gene_symbols)) as symbols,
      sum(experimental_evidence_count) as experimental, sum(computational_evidence_count) as computational
    from pathway_gene_counts) as s
  cross join lateral (values ('genes', genes), ('members', members), ('symbols', symbols), ('experimental evidence', experimental),
    ('computational evidence', computational)) as v (what, shown)
  join (
    select 'genes' as what, count(*) as held from gene_pathways
    union all select 'members', count(*) from gene_pathways
    union all select 'symbols', count(*) from gene_pathways
    union all select 'experimental evidence', count(*) from gene_pathways where evidence_code in ('IDA', 'IMP', 'IPI', 'IGI', 'IEP')
    union all select 'computational evidence', count(*) from gene_pathways where evidence_code = 'IEA'
  ) as t using (what)
) as totals
where coalesce(of_the_view, 0) <> of_the_tables
