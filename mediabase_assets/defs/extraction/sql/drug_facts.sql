-- Grain: one row per drug key of a distinct drugs value of a gene, and per member of the tolerated wrappers.
-- A member of a list tells its family by its keys. Families: DrugCentral (digits), ChEMBL (CHEMBL + digits), Repurposing Hub (repurposing_N). The key pharmgkb_data is not a
-- drug: pharmgkb_facts takes it apart; a drug named in a PharmGKB reaction never becomes an interaction here.
-- Rules: score 1.0, type "experimental" and mechanism "unknown" mean "missing"; a DrugCentral score s is -log10(molar), so
-- 10^(9-s) nM; of several entries for one gene and drug the one most transcripts hold wins, then the first by text.
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
    payload_id, gene_id, n, path, wrapper, raw, key, object_of(raw) as v,
    coalesce(json_text(object_of(raw) -> 'name'), json_text(object_of(raw) -> 'drug_name'), json_text(object_of(raw) -> 'molecule_name'),
      json_text(object_of(raw) -> 'pref_name')) as drug_name
  from entries
),
keyed as materialized (
  select
    *,
    lower_case(regexp_replace(drug_name, '[\s\u00a0\u0085\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]+', ' ', 'g')) as drug_name_norm,
    case
      when key ~ '^[0-9]{1,18}$' and coalesce(wrapper, '') <> 'chembl_data' then 'DrugCentral'
      when key ~* '^CHEMBL[0-9]{1,12}$' then 'ChEMBL'
      when key ~ '^repurposing_[0-9]+$' then 'Drug_Repurposing_Hub'
      when json_text(v -> 'source') = 'Drug_Repurposing_Hub' then 'Drug_Repurposing_Hub'
      when wrapper = 'drugcentral_data' then 'DrugCentral'
      when wrapper = 'chembl_data' then 'ChEMBL'
      when wrapper = 'array' and (v ? 'evidence' or v ? 'action_type') then 'DrugCentral'
      when wrapper = 'array' and (v ? 'clinical_phase' or v ? 'disease_area') then 'Drug_Repurposing_Hub'
      when wrapper = 'array' and (v ? 'max_phase' or v ? 'activity_units' or v ? 'therapeutic_flag') then 'ChEMBL'
      when wrapper = 'array' then 'unknown'
    end as source_database,
    coalesce(json_number(v -> 'evidence' -> 'score'), json_number(v -> 'score'), json_number(v -> 'activity_value')) as score,
    coalesce(json_text(v -> 'evidence' -> 'score'), json_text(v -> 'score'), json_text(v -> 'activity_value')) as raw_score,
    coalesce(json_text(v -> 'evidence' -> 'type'), json_text(v -> 'activity_type')) as raw_type,
    coalesce(json_text(v -> 'mechanism_of_action'), json_text(v -> 'mechanism')) as raw_mechanism,
    json_text(v -> 'action_type') as raw_action,
    json_text(v -> 'activity_units') as raw_units,
    coalesce(json_text(v -> 'clinical_phase'), json_text(v -> 'max_phase'), json_text(v -> 'phase')) as raw_phase
  from read
),
typed as materialized (
  select
    payload_id, gene_id, n, path, wrapper, raw, v, drug_name, drug_name_norm, source_database, raw_score, raw_type, raw_mechanism, raw_action,
    raw_phase, score,
    case
      when source_database = 'Drug_Repurposing_Hub' or (wrapper = 'array' and key is null) then drug_name_norm
      when source_database = 'ChEMBL' and key is not null then upper(key)
      else coalesce(key, drug_name_norm)
    end collate "C" as source_drug_key,
    case when source_database = 'DrugCentral' and score > 0 and score <> 1 and score <= 15 then score end as p_activity,
    case when source_database = 'ChEMBL' and score > 0 then score end as reported_activity,
    case when raw_type <> 'experimental' and octet_length(raw_type) <= 50 then raw_type end as activity_type,
    raw_units,
    case when lower_case(raw_action) <> 'unknown' and octet_length(raw_action) <= 100 then raw_action end as interaction_type,
    case when lower_case(raw_mechanism) <> 'unknown' and raw_mechanism !~ '^[0-9]+(\.[0-9]+)?$' then raw_mechanism end as mechanism_of_action,
    case when raw_mechanism ~ '^[0-9]+(\.[0-9]+)?$' then raw_mechanism::numeric > 0 end as is_mechanism_target,
    json_text(v -> 'target_name') as target_name,
    coalesce(json_text(v -> 'target_type'), null) as target_type,
    json_text(v -> 'indication') as indication,
    json_text(v -> 'disease_area') as disease_area,
    case when json_number(v -> 'clinical_score') between 0 and 5 then json_number(v -> 'clinical_score') end as clinical_score,
    -- whatever was not read from its key: other keys, the other of two keys for one thing, values of an unexpected kind
    nullif((v - 'evidence' - array(
        select k from (values
          ('name', drug_name), ('drug_name', drug_name), ('molecule_name', drug_name), ('pref_name', drug_name), ('score', raw_score),
          ('activity_value', raw_score), ('activity_type', raw_type), ('mechanism_of_action', raw_mechanism), ('mechanism', raw_mechanism),
          ('action_type', raw_action), ('activity_units', raw_units), ('clinical_phase', raw_phase), ('max_phase', raw_phase), ('phase', raw_phase),
          ('target_name', json_text(v -> 'target_name')), ('target_type', json_text(v -> 'target_type')), ('indication', json_text(v -> 'indication')),
          ('disease_area', json_text(v -> 'disease_area')), ('source', source_database), ('drugcentral_id', key), ('chembl_id', key),
          ('molecule_chembl_id', key), ('drug_id', key), ('id', key),
          ('clinical_score', case when json_number(v -> 'clinical_score') between 0 and 5 then json_text(v -> 'clinical_score') end),
          ('therapeutic_flag', case when jsonb_typeof(v -> 'therapeutic_flag') = 'boolean' then json_text(v -> 'therapeutic_flag') end),
          ('references', case when wrapper is null and jsonb_typeof(v -> 'references') = 'array' then '' end)) as read (k, value)
        where v ? k and (json_text(v -> k) = value or (k = 'references' and value = '')
          or (json_text(v -> k) is null and jsonb_typeof(v -> k) not in ('object', 'array')))))
      || case when jsonb_typeof(v -> 'evidence') = 'object' and (v -> 'evidence') - array['type', 'score'] <> '{}'
          then jsonb_build_object('evidence_other', (v -> 'evidence') - array['type', 'score'])
        when jsonb_typeof(v -> 'evidence') <> 'object' and v -> 'evidence' <> 'null' then jsonb_build_object('evidence_other', v -> 'evidence') else '{}' end, '{}')
      as details,
    case when jsonb_typeof(v -> 'therapeutic_flag') = 'boolean' then (v ->> 'therapeutic_flag')::boolean end as therapeutic_flag,
    case lower_case(regexp_replace(raw_phase, '\.0+$', ''))
      when 'launched' then 'Approved' when 'approved' then 'Approved' when '4' then 'Approved' when 'phase 4' then 'Approved'
      when 'phase iv' then 'Approved'
      when 'phase 3' then 'Phase III' when '3' then 'Phase III' when 'phase iii' then 'Phase III'
      when 'phase 2/phase 3' then 'Phase II' when 'phase 1/phase 2' then 'Phase I'
      when 'phase 2' then 'Phase II' when '2' then 'Phase II' when 'phase ii' then 'Phase II'
      when 'phase 1' then 'Phase I' when '1' then 'Phase I' when 'phase i' then 'Phase I' when '0.5' then 'Phase I' when 'early phase 1' then 'Phase I'
      when 'preclinical' then 'Preclinical' when '0' then 'Preclinical' when 'withdrawn' then 'Withdrawn'
    end as clinical_phase
  from keyed
),
judged as materialized (
  select
    *,
    case
      when wrapper = 'scalar' or jsonb_typeof(raw) <> 'object' then 'not_an_object'
      when source_database is null then 'unknown_drug_key'
      when source_drug_key is null or drug_name is null then 'missing_drug_name'
      when length(drug_name) < current_setting('mediabase.drug_name_min_length')::integer then 'drug_name_too_short'
      when octet_length(drug_name) > 600 or octet_length(source_drug_key) > 600 then 'value_too_long'
    end as own_reason,
    -- nM where it fits numeric(10,4), else uM or pM
    case
      when p_activity is not null then
        case when power(10::numeric, 9 - p_activity) > 999999 then round(power(10::numeric, 6 - p_activity), 4)
          when power(10::numeric, 9 - p_activity) < 0.001 then round(power(10::numeric, 12 - p_activity), 4)
          else round(power(10::numeric, 9 - p_activity), 4) end
      when reported_activity < 999999.9999 then round(reported_activity, 4)
      when reported_activity < 999999999 and lower_case(raw_units) = 'nm' then round(reported_activity / 1000, 4)
    end as activity_value,
    case
      when p_activity is not null then
        case when power(10::numeric, 9 - p_activity) > 999999 then 'uM'
          when power(10::numeric, 9 - p_activity) < 0.001 then 'pM' else 'nM' end
      when reported_activity < 999999.9999 and octet_length(raw_units) <= 20 then raw_units
      when reported_activity < 999999999 and lower_case(raw_units) = 'nm' then 'uM'
    end as activity_unit
  from typed
),
compared as (
  select
    *,
    md5(row(drug_name_norm, p_activity, reported_activity, activity_type, activity_unit, interaction_type, mechanism_of_action,
      is_mechanism_target, target_name, target_type, indication, disease_area, clinical_score, therapeutic_flag, clinical_phase, details)::text) as content
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
    partition by gene_id, source_database, source_drug_key, own_reason order by n_alike desc, content, payload_id, path)
)
select
  payload_id, gene_id, 'drugs' as field, path, n, source_database, source_drug_key, drug_name, drug_name_norm, mechanism_of_action,
  is_mechanism_target, interaction_type, p_activity, activity_value, activity_unit, activity_type, target_name, target_type, indication,
  disease_area, clinical_phase, clinical_score, therapeutic_flag, details,
  coalesce(own_reason, case when content <> kept_content then 'conflicting_value' end) as reason,
  case when own_reason is null and content = kept_content then array_remove(array[
    case when wrapper in ('drugcentral_data', 'chembl_data') then 'drug_wrapper_unpacked' end,
    case when wrapper = 'array' then 'array_salvaged' end,
    case when raw_mechanism ~* '^unknown$' or raw_action ~* '^unknown$' or raw_type = 'experimental'
      or (source_database = 'DrugCentral' and score = 1 and p_activity is null) then 'default_evidence' end,
    case when raw_score is not null and p_activity is null and reported_activity is null
      and not (source_database = 'DrugCentral' and coalesce(score, 0) = 1) then 'unreadable_value' end,
    case when (p_activity is not null or reported_activity is not null) and activity_value is null then 'number_out_of_range' end,
    case when raw_phase is not null and clinical_phase is null and lower_case(raw_phase) <> 'unknown' then 'unreadable_value' end
  ], null) else '{}' end as repairs,
  case when own_reason is null and content <> kept_content then winner_path end as winner,
  raw,
  own_reason is null and rank_of_fact = 1 as is_first
from first_of;
