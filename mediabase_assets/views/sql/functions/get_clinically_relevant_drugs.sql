-- Drugs of the gene with exactly this symbol whose evidence strength is 2 or more: the most advanced phase first, then the
-- strongest evidence, then the most potent (in whatever molar unit its potency is told; others cannot be compared and come last).
create or replace function get_clinically_relevant_drugs(gene_symbol_filter text)
returns table (
  drug_name text, drug_class text, clinical_phase text, approval_status text, interaction_type text, activity_value numeric,
  activity_unit text, evidence_strength integer, pmid_count integer)
language sql stable set search_path from current
as $$
  select i.drug_name, i.drug_class::text, i.clinical_phase::text, i.approval_status::text, i.interaction_type, i.activity_value,
    i.activity_unit::text, i.evidence_strength, cardinality(i.pmids)
  from gene_drug_interactions as i
  join genes as g using (gene_id)
  where g.gene_symbol = gene_symbol_filter and i.evidence_strength >= 2
  order by
    case i.clinical_phase when 'Approved' then 1 when 'Phase III' then 2 when 'Phase II' then 3 when 'Phase I' then 4 else 5 end,
    i.evidence_strength desc,
    i.activity_value * case i.activity_unit when 'nM' then 1 when 'NM' then 1 when 'uM' then 1000 when 'pM' then 0.001 when 'mM' then 1e6 when 'M' then 1e9 end
      nulls last, i.drug_name collate "C", i.drug_interaction_id collate "C"
$$
