-- Grain: one row per gene, pathway and source. gene_role and pmids come from the PharmGKB pathway object: the role of this
-- gene, the publications of the reactions that it controls. Evidence and confidence were never recorded: NULL, not a default.
-- Inputs: pathway_facts, pharmgkb_pathway_facts, pathways.
insert into gene_pathways (gene_id, pathway_id, pathway_name, pathway_source, pathway_level, pathway_category, gene_role, pmids, details)
select f.gene_id, f.pathway_id, p.pathway_name, f.pathway_source, p.pathway_level, p.pathway_category, f.gene_role, f.pmids, f.details
from (
  select gene_id, pathway_id, pathway_source, null as gene_role, '{}'::text[] as pmids, null::jsonb as details from pathway_facts where is_first
  union all
  select gene_id, pathway_id, pathway_source, gene_role, pmids, details from pharmgkb_pathway_facts where is_first
) as f
join pathways as p using (pathway_id)
order by f.gene_id, f.pathway_id, f.pathway_source;
