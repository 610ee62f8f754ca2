-- Grain: one row per pathway and source. Genes are counted as genes and drugs by name; avg_pathway_confidence is over the genes of the
-- pathway, avg_evidence_strength over the interactions of its genes, so that neither weighs the other.
-- approved_drugs: those whose clinical phase is Approved, for any gene of the pathway.
-- last_updated: when the newest link or interaction that it shows was written.
-- Inputs: gene_pathways, gene_drug_interactions.
with of_genes as (
  select
    pathway_id, pathway_source,
    mode() within group (order by pathway_name collate "C") as pathway_name,
    mode() within group (order by pathway_category collate "C") as pathway_category,
    count(*) as total_genes, avg(confidence_score) as avg_pathway_confidence, max(created_at) as created_at
  from gene_pathways
  group by pathway_id, pathway_source
),
of_drugs as (
  select
    p.pathway_id, p.pathway_source,
    count(distinct i.gene_id) as druggable_genes,
    count(distinct i.drug_name) as unique_drugs,
    array_agg(distinct i.drug_name collate "C" order by i.drug_name collate "C") filter (where i.clinical_phase = 'Approved') as approved_drugs,
    array_agg(distinct i.drug_class::text collate "C" order by i.drug_class::text collate "C") filter (where i.drug_class is not null) as drug_classes,
    avg(i.evidence_strength) as avg_evidence_strength,
    max(i.created_at) as created_at
  from gene_pathways as p
  join gene_drug_interactions as i using (gene_id)
  group by p.pathway_id, p.pathway_source
)
select
  g.pathway_id, g.pathway_name, g.pathway_source, g.pathway_category, g.total_genes,
  coalesce(d.druggable_genes, 0) as druggable_genes,
  round(100.0 * coalesce(d.druggable_genes, 0) / g.total_genes, 2) as druggability_percentage,
  coalesce(d.unique_drugs, 0) as unique_drugs,
  coalesce(d.approved_drugs, '{}') as approved_drugs,
  coalesce(d.drug_classes, '{}') as drug_classes,
  d.avg_evidence_strength, g.avg_pathway_confidence,
  greatest(g.created_at, d.created_at) as last_updated
from of_genes as g
left join of_drugs as d using (pathway_id, pathway_source)
