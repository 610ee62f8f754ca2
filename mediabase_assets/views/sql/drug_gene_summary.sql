-- Grain: one row per drug name, whatever sources, keys and phases it is reported under. Id, class, type and phase: what the
-- interaction of the most advanced phase tells (Approved, Withdrawn, Phase III, II, I, Preclinical), then the strongest
-- evidence, then the first by source, key and gene; an attribute that it lacks comes from the next one that has it.
-- Interactions are counted as such; genes and pathways each once. last_updated: when the newest interaction was written.
-- Inputs: gene_drug_interactions, genes, gene_pathways.
with ranked as (
  select
    i.*, g.gene_symbol,
    row_number() over (
      partition by i.drug_name
      order by array_position(array['Approved', 'Withdrawn', 'Phase III', 'Phase II', 'Phase I', 'Preclinical'], i.clinical_phase::text) nulls last,
        i.evidence_strength desc, i.source collate "C", i.drug_id collate "C", i.gene_id collate "C") as place
  from gene_drug_interactions as i
  join genes as g using (gene_id)
),
of_drugs as (
  select
    drug_name,
    (array_agg(drug_id order by place))[1] as drug_id,
    (array_agg(drug_chembl_id::text order by place) filter (where drug_chembl_id is not null))[1] as drug_chembl_id,
    (array_agg(drugbank_id::text order by place) filter (where drugbank_id is not null))[1] as drugbank_id,
    (array_agg(drug_class::text order by place) filter (where drug_class is not null))[1] as drug_class,
    (array_agg(drug_type::text order by place) filter (where drug_type is not null))[1] as drug_type,
    (array_agg(clinical_phase::text order by place))[1] as clinical_phase,
    (array_agg(approval_status::text order by place) filter (where approval_status is not null))[1] as approval_status,
    count(distinct gene_id) as target_gene_count,
    array_agg(distinct gene_symbol collate "C" order by gene_symbol collate "C") as target_genes,
    coalesce(array_agg(distinct interaction_type collate "C" order by interaction_type collate "C") filter (where interaction_type is not null), '{}') as interaction_types,
    avg(evidence_strength) as avg_evidence_strength,
    count(*) filter (where evidence_strength >= 4) as high_confidence_interactions,
    max(created_at) as created_at
  from ranked
  group by drug_name
),
of_pathways as (
  select
    d.drug_name, count(distinct p.pathway_id) as pathway_count,
    array_agg(distinct p.pathway_name collate "C" order by p.pathway_name collate "C") filter (where p.pathway_name is not null) as affected_pathways
  from (select distinct drug_name, gene_id from gene_drug_interactions) as d
  join gene_pathways as p using (gene_id)
  group by d.drug_name
)
select
  d.drug_name, d.drug_id, d.drug_chembl_id, d.drugbank_id, d.drug_class, d.drug_type, d.clinical_phase, d.approval_status,
  d.target_gene_count, d.target_genes, d.interaction_types, d.avg_evidence_strength, d.high_confidence_interactions,
  coalesce(p.affected_pathways, '{}') as affected_pathways,
  coalesce(p.pathway_count, 0) as pathway_count,
  d.created_at as last_updated
from of_drugs as d
left join of_pathways as p using (drug_name)
