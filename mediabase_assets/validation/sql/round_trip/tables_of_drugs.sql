-- Drugs, and what they do to genes, as they follow from the legacy facts that the proof read.
-- Inputs: expected_drugs, drug_pairs, drugs_shown, references_read. Left out: which spelling of a drug's name a gene shows
-- (drugs.sql: one of the gene's own).
create unlogged table expected__drug_interactions as
select source || ':' || drug_key as drug_interaction_id, source as source_database, drug_key as source_drug_key, name as drug_name,
  lower_case(one_spaced(name)) as drug_name_norm, mechanism as mechanism_of_action, target_type, indication, disease_area,
  case when source = 'ChEMBL' and drug_key ~ '^CHEMBL[0-9]+$' then drug_key end as drug_chembl_id, null::text as drugbank_id, phase as max_phase,
  case phase when 'Approved' then 'Approved' when 'Withdrawn' then 'Withdrawn' when 'Preclinical' then 'Experimental'
    when 'Phase I' then 'Investigational' when 'Phase II' then 'Investigational' when 'Phase III' then 'Investigational' end as approval_status, therapeutic_flag
from expected_drugs;

create unlogged table expected__gene_drug_interactions as
with cited as (
  select gene, split_part(path, '.', 2) as key, array_agg(distinct pmid order by pmid) as pmids
  from references_read where field = 'drugs.references' and publication_id is not null and pmid is not null group by 1, 2
),
entries as (
  select distinct on (p.gene, p.source, p.drug_key) p.*, s.name as shown_name
  from drug_pairs as p left join drugs_shown as s using (gene, source, drug_key) where p.quarantine_reason is null
  order by p.gene, p.source, p.drug_key, (p.name is distinct from s.name), p.path
)
select e.gene as gene_id, d.drug_interaction_id, d.drug_name, nullif(e.shown_name, d.drug_name) as reported_name, e.drug_key as drug_id, e.interaction_type,
  e.mechanism as mechanism_of_action, e.is_target as is_mechanism_target, e.target_name, e.target_type, e.indication, e.disease_area, e.therapeutic_flag,
  null::text as evidence_level, e.source, c.pmids[1] as pmid, d.drug_chembl_id, null::text as drugbank_id, e.phase_kept as clinical_phase, d.approval_status,
  e.activity as activity_value, e.unit as activity_unit, e.activity_type, e.p_activity, e.clinical_score, null::text as drug_class, null::text as drug_type,
  coalesce(case when e.clinical_score >= 1 then least(5, round(e.clinical_score))::integer end,
    case e.phase_kept when 'Approved' then 5 when 'Phase III' then 4 when 'Phase II' then 3 when 'Phase I' then 2 end,
    case when e.is_target then 3 when e.activity is not null then 2 else 1 end) as evidence_strength,
  coalesce(c.pmids, '{}') as pmids, e.details
from entries as e
join expected__drug_interactions as d on d.source_database = e.source and d.source_drug_key = e.drug_key
left join cited as c on c.gene = e.gene and '$.' || c.key = e.path;
