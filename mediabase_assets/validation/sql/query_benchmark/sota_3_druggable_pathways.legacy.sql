-- Question: SOTA 3: the fifteen Reactome pathways with most druggable genes.
-- Normal form: rows in order of druggable genes and pathway id.
with marked as materialized (
  select l.gene_id, l.pathways, d.is_druggable
  from cancer_transcript_base as l
  cross join lateral (
    select case jsonb_typeof(l.drugs) when 'object' then l.drugs - 'pharmgkb_data' <> '{}' when 'array' then l.drugs @? '$[*].name' else false end
  ) as d (is_druggable)
  where cardinality(l.pathways) > 0
),
members as (
  select substring(t.pathway from '(R-[A-Z]+-[0-9]+)\]?\s*$') as pathway_id, t.gene_id, bool_or(t.is_druggable) as is_druggable
  from (select distinct m.gene_id, u.pathway, m.is_druggable from marked as m cross join unnest(m.pathways) as u (pathway)) as t
  group by 1, 2
)
select pathway_id, count(*) as genes, count(*) filter (where is_druggable) as druggable_genes
from members
where pathway_id is not null
group by pathway_id
order by druggable_genes desc, pathway_id collate "C"
limit 15
