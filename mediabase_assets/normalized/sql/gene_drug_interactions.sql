-- Grain: one row per gene and drug as a source reports it.
-- evidence_strength (1 to 5): the clinical score of the Repurposing Hub; else Approved 5, Phase III 4, Phase II 3, Phase I 2;
-- else 3 where the gene is the drug's target of mechanism, 2 where an activity was measured, else 1.
-- Inputs: drug_facts, reference_facts (publications named inside a drug entry), drug_interactions.
insert into gene_drug_interactions (
  gene_id, drug_interaction_id, drug_name, reported_name, drug_id, interaction_type, mechanism_of_action, is_mechanism_target, target_name,
  target_type, indication, disease_area, therapeutic_flag, source, pmid,
  drug_chembl_id, clinical_phase, approval_status, activity_value, activity_unit, activity_type, p_activity, clinical_score,
  evidence_strength, pmids, details)
with cited as (
  select gene_id, split_part(path, '.', 2) as key, array_agg(distinct pmid order by pmid) as pmids
  from reference_facts where field = 'drugs.references' and reason is null and pmid is not null group by 1, 2
)
select
  f.gene_id, d.drug_interaction_id, d.drug_name, nullif(f.drug_name, d.drug_name), f.source_drug_key, f.interaction_type, f.mechanism_of_action, f.is_mechanism_target,
  f.target_name, f.target_type, f.indication, f.disease_area, f.therapeutic_flag, f.source_database, c.pmids[1], d.drug_chembl_id, coalesce(f.clinical_phase, d.max_phase), d.approval_status,
  f.activity_value, f.activity_unit, f.activity_type, f.p_activity, f.clinical_score,
  coalesce(
    case when f.clinical_score >= 1 then least(5, round(f.clinical_score))::integer end,
    case coalesce(f.clinical_phase, d.max_phase) when 'Approved' then 5 when 'Phase III' then 4 when 'Phase II' then 3 when 'Phase I' then 2 end,
    case when f.is_mechanism_target then 3 when f.activity_value is not null then 2 else 1 end),
  coalesce(c.pmids, '{}'), f.details
from drug_facts as f
join drug_interactions as d on d.source_database = f.source_database and d.source_drug_key = f.source_drug_key
left join cited as c on c.gene_id = f.gene_id and '$.' || c.key = f.path
where f.is_first
order by f.gene_id, d.drug_interaction_id;
