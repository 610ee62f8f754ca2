-- Grain: one row per pathway and source. What links of one pathway tell differently (name, category, parent, level) is what most
-- of them say, then the first in order. Averages are over genes. Experimental evidence: IDA, IMP, IPI, IGI, IEP; computational: IEA.
-- Inputs: gene_pathways, genes.
select
  p.pathway_id,
  mode() within group (order by p.pathway_name collate "C") as pathway_name,
  p.pathway_source,
  mode() within group (order by p.pathway_category collate "C") as pathway_category,
  mode() within group (order by p.parent_pathway_id collate "C") as parent_pathway_id,
  mode() within group (order by p.pathway_level) as pathway_level,
  count(*) as gene_count,
  array_agg(p.gene_id order by p.gene_id collate "C") as gene_members,
  array_agg(g.gene_symbol order by g.gene_symbol collate "C") as gene_symbols,
  avg(p.confidence_score) as avg_confidence,
  count(*) filter (where p.evidence_code in ('IDA', 'IMP', 'IPI', 'IGI', 'IEP')) as experimental_evidence_count,
  count(*) filter (where p.evidence_code = 'IEA') as computational_evidence_count,
  coalesce(array_agg(distinct p.evidence_code::text collate "C" order by p.evidence_code::text collate "C") filter (where p.evidence_code is not null), '{}') as evidence_codes,
  max(p.created_at) as last_updated
from gene_pathways as p
join genes as g using (gene_id)
group by p.pathway_id, p.pathway_source
