-- Grain: one row per drug as a source reports it; drug_name_norm groups one drug across sources. Each attribute is what most
-- facts tell, then the first by text. Input: drug_facts.
insert into drug_interactions (
  drug_interaction_id, source_database, source_drug_key, drug_name, drug_name_norm, mechanism_of_action, target_type, indication,
  disease_area, drug_chembl_id, max_phase, approval_status, therapeutic_flag)
with told as (
  select source_database, source_drug_key, a.attribute, a.value collate "C" as value, sum(n) as n
  from drug_facts
  cross join lateral (values
    ('drug_name', drug_name), ('drug_name_norm', drug_name_norm), ('mechanism_of_action', mechanism_of_action), ('target_type', target_type),
    ('indication', indication), ('disease_area', disease_area), ('clinical_phase', clinical_phase),
    ('therapeutic_flag', therapeutic_flag::text)) as a (attribute, value)
  where reason is null and a.value is not null
  group by 1, 2, 3, 4
),
chosen as (
  select distinct on (source_database, source_drug_key, attribute) * from told
  order by source_database, source_drug_key, attribute, n desc, value
)
select
  source_database || ':' || source_drug_key, source_database, source_drug_key,
  max(value) filter (where attribute = 'drug_name'),
  lower_case(one_spaced(max(value) filter (where attribute = 'drug_name'))),
  max(value) filter (where attribute = 'mechanism_of_action'),
  max(value) filter (where attribute = 'target_type'),
  max(value) filter (where attribute = 'indication'),
  max(value) filter (where attribute = 'disease_area'),
  case when source_database = 'ChEMBL' and source_drug_key ~ '^CHEMBL[0-9]+$' then source_drug_key end,
  max(value) filter (where attribute = 'clinical_phase'),
  case max(value) filter (where attribute = 'clinical_phase')
    when 'Approved' then 'Approved' when 'Withdrawn' then 'Withdrawn' when 'Preclinical' then 'Experimental'
    when 'Phase I' then 'Investigational' when 'Phase II' then 'Investigational' when 'Phase III' then 'Investigational' end,
  (max(value) filter (where attribute = 'therapeutic_flag'))::boolean
from chosen
group by source_database, source_drug_key
order by 1;
