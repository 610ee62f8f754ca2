-- Pathways whose name contains the text, in any case of the letters A to Z, the most druggable first; the same in every locale.
create or replace function get_pathway_druggability(pathway_name_filter text)
returns table (
  pathway_name text, total_genes bigint, druggable_genes bigint, druggability_pct numeric, unique_drugs bigint,
  approved_drugs text[], drug_classes text[])
language sql stable set search_path from current
as $$
  select v.pathway_name::text, v.total_genes, v.druggable_genes, v.druggability_percentage, v.unique_drugs, v.approved_drugs, v.drug_classes
  from pathway_druggability as v
  where lower(v.pathway_name collate "C") like '%' || lower(pathway_name_filter collate "C") || '%'
  order by v.druggability_percentage desc nulls last, v.pathway_name collate "C", v.pathway_id collate "C", v.pathway_source collate "C"
$$
