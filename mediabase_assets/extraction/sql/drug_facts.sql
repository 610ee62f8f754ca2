-- Grain: one row per drug key of a distinct drugs value of a gene, and per member of the tolerated wrappers.
-- A member of a list tells its family by its keys. Families: DrugCentral (digits), ChEMBL (CHEMBL + digits), Repurposing Hub (repurposing_N). The key pharmgkb_data is not a
-- drug: pharmgkb_facts takes it apart; a drug named in a PharmGKB reaction never becomes an interaction here.
-- Rules (rules/drugs.sql): score 1.0, type "experimental" and mechanism "unknown" mean "missing"; of several keys for one thing the first that can
-- be read counts; what no column shows as it is stays in details; of several entries for one gene and drug the one most
-- transcripts hold wins, then the first by text.
-- Settings read: mediabase.drug_name_min_length. Inputs: gene_payloads.
create unlogged table drug_facts as
with entries as (
  select payload_id, gene_id, n, '$.' || key as path, key, e as raw, null as wrapper
  from gene_payloads cross join jsonb_each(object_of(value)) as m (key, e)
  where reason is null and field = 'drugs'
    and not (key = 'pharmgkb_data' and jsonb_typeof(e) = 'object')
    and not (key in ('drugcentral_data', 'chembl_data') and jsonb_typeof(coalesce(e -> 'drugs', e -> 'compounds', e)) = 'array')
  union all
  select payload_id, gene_id, n, '$.' || key || '[' || (position - 1) || ']',
    coalesce(json_text(object_of(e) -> 'drugcentral_id'), json_text(object_of(e) -> 'chembl_id'), json_text(object_of(e) -> 'molecule_chembl_id')),
    e, key
  from gene_payloads cross join jsonb_each(object_of(value)) as m (key, list)
  cross join jsonb_array_elements(json_members(coalesce(object_of(list) -> 'drugs', object_of(list) -> 'compounds', list))) with ordinality as l (e, position)
  where reason is null and field = 'drugs' and key in ('drugcentral_data', 'chembl_data')
  union all
  select payload_id, gene_id, n, '$[' || (position - 1) || ']',
    coalesce(json_text(object_of(e) -> 'drugcentral_id'), json_text(object_of(e) -> 'chembl_id'), json_text(object_of(e) -> 'molecule_chembl_id'),
      json_text(object_of(e) -> 'drug_id'), json_text(object_of(e) -> 'id')),
    e, 'array'
  from gene_payloads cross join jsonb_array_elements(json_members(value)) with ordinality as l (e, position)
  where reason is null and field = 'drugs'
  union all
  select payload_id, gene_id, n, '$', null, value, 'scalar'
  from gene_payloads where reason is null and field = 'drugs' and jsonb_typeof(value) not in ('object', 'array')
),
read as materialized (
  select
    payload_id, gene_id, n, path, wrapper, raw, key, object_of(raw) as v, object_of(object_of(raw) -> 'evidence') as evidence,
    coalesce(json_text(object_of(raw) -> 'name'), json_text(object_of(raw) -> 'drug_name'), json_text(object_of(raw) -> 'molecule_name'),
      json_text(object_of(raw) -> 'pref_name')) as drug_name
  from (select payload_id, gene_id, n, path, clean_text(key) as key, raw, wrapper from entries) as e
),
keyed as materialized (
  select
    *,
    lower_case(one_spaced(drug_name)) as drug_name_norm,
    case
      when source_of_drug_key(key) = 'DrugCentral' and coalesce(wrapper, '') <> 'chembl_data' then 'DrugCentral'
      when source_of_drug_key(key) in ('ChEMBL', 'Drug_Repurposing_Hub') then source_of_drug_key(key)
      when json_text(v -> 'source') = 'Drug_Repurposing_Hub' then 'Drug_Repurposing_Hub'
      when wrapper = 'drugcentral_data' then 'DrugCentral'
      when wrapper = 'chembl_data' then 'ChEMBL'
      when wrapper = 'array' and (v ? 'evidence' or v ? 'action_type') then 'DrugCentral'
      when wrapper = 'array' and (v ? 'clinical_phase' or v ? 'disease_area') then 'Drug_Repurposing_Hub'
      when wrapper = 'array' and (v ? 'max_phase' or v ? 'activity_units' or v ? 'therapeutic_flag') then 'ChEMBL'
      when wrapper = 'array' then 'unknown'
    end as source_database,
    array[json_text(evidence -> 'score'), json_text(v -> 'score'), json_text(v -> 'activity_value')] as scores,
    array[json_number(evidence -> 'score'), json_number(v -> 'score'), json_number(v -> 'activity_value')] as score_numbers,
    array[json_text(evidence -> 'type'), json_text(v -> 'activity_type')] as types,
    array[json_text(v -> 'mechanism_of_action'), json_text(v -> 'mechanism')] as mechanisms,
    array[json_text(v -> 'clinical_phase'), json_text(v -> 'max_phase'), json_text(v -> 'phase')] as phases,
    json_text(v -> 'action_type') as action_type, json_text(v -> 'activity_units') as units
  from read
),
chosen as materialized (
  select
    *,
    case
      when source_database = 'Drug_Repurposing_Hub' or (wrapper = 'array' and key is null) then drug_name_norm
      else coalesce(spelt_drug_key(key), drug_name_norm)
    end collate "C" as source_drug_key,
    case when source_database = 'DrugCentral' then coalesce(nullif(score_numbers[1], 1), nullif(score_numbers[2], 1), nullif(score_numbers[3], 1))
      else coalesce(score_numbers[1], score_numbers[2], score_numbers[3]) end as score,
    coalesce(nullif(types[1], 'experimental'), nullif(types[2], 'experimental')) as activity_type,
    case when not says_unknown(action_type) then action_type end as interaction_type,
    case when not says_unknown(mechanisms[1]) and mechanism_flag(mechanisms[1]) is null then mechanisms[1]
      when not says_unknown(mechanisms[2]) and mechanism_flag(mechanisms[2]) is null then mechanisms[2] end as mechanism_of_action,
    coalesce(mechanism_flag(mechanisms[1]), mechanism_flag(mechanisms[2])) as is_mechanism_target,
    coalesce(phase_of(lower_case(phases[1])), phase_of(lower_case(phases[2])), phase_of(lower_case(phases[3]))) as clinical_phase,
    case when phase_of(lower_case(phases[1])) is not null then phases[1] when phase_of(lower_case(phases[2])) is not null then phases[2]
      when phase_of(lower_case(phases[3])) is not null then phases[3] end as phase,
    json_text(v -> 'target_name') as target_name, json_text(v -> 'target_type') as target_type,
    json_text(v -> 'indication') as indication, json_text(v -> 'disease_area') as disease_area,
    case when json_number(v -> 'clinical_score') between 0 and 5 then usable_number(json_number(v -> 'clinical_score')) end as clinical_score,
    case when jsonb_typeof(v -> 'therapeutic_flag') = 'boolean' then (v ->> 'therapeutic_flag')::boolean end as therapeutic_flag
  from keyed
),
measured as materialized (
  select
    *,
    case when source_database = 'DrugCentral' then p_activity_of(score) end as p_activity,
    case when source_database = 'DrugCentral' then potency(p_activity_of(score)) when source_database = 'ChEMBL' then reported_activity(score, units) end as activity_value,
    case when source_database = 'DrugCentral' then potency_unit(p_activity_of(score)) when source_database = 'ChEMBL' then reported_unit(score, units) end as activity_unit
  from chosen
),
told as materialized (
  select
    *,
    array_remove(array[
      case when types[1] in (activity_type, 'experimental') then 'type' end,
      case when scores[1] = coalesce(p_activity, activity_value)::text or source_database = 'DrugCentral' and score_numbers[1] = 1 then 'score' end
    ], null) as told_of_evidence,
    array_remove(array[
      case when json_text(v -> 'name') = drug_name then 'name' end,
      case when json_text(v -> 'drug_name') = drug_name then 'drug_name' end,
      case when json_text(v -> 'molecule_name') = drug_name then 'molecule_name' end,
      case when json_text(v -> 'pref_name') = drug_name then 'pref_name' end,
      case when scores[2] = coalesce(p_activity, activity_value)::text or source_database = 'DrugCentral' and score_numbers[2] = 1 then 'score' end,
      case when scores[3] = coalesce(p_activity, activity_value)::text or source_database = 'DrugCentral' and score_numbers[3] = 1 then 'activity_value' end,
      case when types[2] in (activity_type, 'experimental') then 'activity_type' end,
      case when mechanisms[1] = mechanism_of_action or says_unknown(mechanisms[1]) or mechanism_flag(mechanisms[1]) = is_mechanism_target
        then 'mechanism_of_action' end,
      case when mechanisms[2] = mechanism_of_action or says_unknown(mechanisms[2]) or mechanism_flag(mechanisms[2]) = is_mechanism_target
        then 'mechanism' end,
      case when action_type is not null then 'action_type' end,
      case when units = activity_unit then 'activity_units' end,
      case when phases[1] = phase or says_unknown(phases[1]) then 'clinical_phase' end,
      case when phases[2] = phase or says_unknown(phases[2]) then 'max_phase' end,
      case when phases[3] = phase or says_unknown(phases[3]) then 'phase' end,
      case when target_name is not null then 'target_name' end,
      case when target_type is not null then 'target_type' end,
      case when indication is not null then 'indication' end,
      case when disease_area is not null then 'disease_area' end,
      case when json_text(v -> 'source') = source_database then 'source' end,
      case when json_text(v -> 'drugcentral_id') in (key, source_drug_key) then 'drugcentral_id' end,
      case when json_text(v -> 'chembl_id') in (key, source_drug_key) then 'chembl_id' end,
      case when json_text(v -> 'molecule_chembl_id') in (key, source_drug_key) then 'molecule_chembl_id' end,
      case when json_text(v -> 'drug_id') in (key, source_drug_key) then 'drug_id' end,
      case when json_text(v -> 'id') in (key, source_drug_key) then 'id' end,
      case when json_text(v -> 'clinical_score') = clinical_score::text then 'clinical_score' end,
      case when therapeutic_flag is not null then 'therapeutic_flag' end,
      case when wrapper is null and jsonb_typeof(v -> 'references') = 'array' then 'references' end
    ], null) as told
  from measured
),
judged as materialized (
  select
    *,
    -- what no column shows as it is: other keys, the other of two keys for one thing, numbers out of range or in another
    -- spelling, values of an unexpected kind
    nullif(unread(v - 'evidence', drug_entry_keys(), told) || other_evidence(v -> 'evidence', told_of_evidence), '{}') as details,
    case
      when wrapper = 'scalar' or jsonb_typeof(raw) <> 'object' then 'not_an_object'
      when source_database is null then 'unknown_drug_key'
      when source_drug_key is null or drug_name is null then 'missing_drug_name'
      when length(drug_name) < current_setting('mediabase.drug_name_min_length')::integer then 'drug_name_too_short'
      when octet_length(drug_name) > 600 or octet_length(source_drug_key) > 600 then 'value_too_long'
    end as own_reason
  from told
),
compared as (
  select
    *,
    md5(row(drug_name_norm, trim_scale(p_activity), trim_scale(activity_value), activity_type, activity_unit, interaction_type, mechanism_of_action,
      is_mechanism_target, target_name, target_type, indication, disease_area, trim_scale(clinical_score), therapeutic_flag, clinical_phase, details)::text)
      as content
  from judged
),
ranked as (
  select *, sum(n) over (partition by gene_id, source_database, source_drug_key, content) as n_alike from compared
),
first_of as (
  select
    *,
    row_number() over of_fact as rank_of_fact,
    first_value(content) over of_fact as kept_content,
    first_value(path) over of_fact as winner_path
  from ranked
  window of_fact as (
    partition by gene_id, source_database, source_drug_key, own_reason order by n_alike desc, content, payload_id, path collate "C")
)
select
  payload_id, gene_id, 'drugs' as field, path, n, source_database, source_drug_key, drug_name, drug_name_norm, mechanism_of_action,
  is_mechanism_target, interaction_type, p_activity, activity_value, activity_unit, activity_type, target_name, target_type, indication,
  disease_area, clinical_phase, clinical_score, therapeutic_flag, details,
  coalesce(own_reason, case when content <> kept_content then 'conflicting_value' end) as reason,
  case when own_reason is null and content = kept_content then array_remove(array[
    case when wrapper in ('drugcentral_data', 'chembl_data') then 'drug_wrapper_unpacked' end,
    case when wrapper = 'array' then 'array_salvaged' end,
    case when says_unknown(mechanisms[1]) or says_unknown(mechanisms[2]) or says_unknown(action_type) or 'experimental' = any (types)
      or (source_database = 'DrugCentral' and 1 = any (score_numbers) and p_activity is null) then 'default_evidence' end,
    case when activity_value is null and score is not null and (source_database = 'DrugCentral' or source_database = 'ChEMBL' and units is not null)
      then 'number_out_of_range' end,
    case when activity_value is null and (score is not null and source_database <> 'DrugCentral' and (source_database <> 'ChEMBL' or units is null)
        or score is null and exists (select from unnest(scores, score_numbers) as s (said, number) where said is not null and number is null))
      or clinical_phase is null and exists (select from unnest(phases) as said where said is not null and not says_unknown(said))
      then 'unreadable_value' end
  ], null) else '{}' end as repairs,
  case when own_reason is null and content <> kept_content then winner_path end as winner,
  raw,
  own_reason is null and rank_of_fact = 1 as is_first
from first_of;
