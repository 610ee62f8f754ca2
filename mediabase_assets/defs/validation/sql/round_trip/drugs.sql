-- Drugs of a gene, entry by entry, both sides read by the same rules. Families: DrugCentral (digits), ChEMBL (CHEMBL + digits),
-- Repurposing Hub (repurposing_N: the number is a counter, the name tells the drug), and members of lists and wrappers.
-- Rules: score 1.0, experimental and unknown stand for missing; a phase is told in one vocabulary, by the drug where the entry
-- has none; of entries for one gene and drug that differ one is kept, the others are in quarantine, each with its raw value.
-- Inputs: legacy_values, view_genes, quarantined. Left out: pharmgkb_data (pharmgkb.sql) and references (references.sql).
create unlogged table drugs_read as
with sides as not materialized (
  select 'legacy' as side, gene, n, example, value from legacy_values where field = 'drugs'
  union all select 'view', gene, 1, transcript_id, drugs from view_genes where drugs <> '{}'
),
entries as (
  select side, gene, n, example, '$.' || key as path, key, e as raw, null as wrapper
  from sides cross join jsonb_each(object(value)) as m (key, e)
  where not (key = 'pharmgkb_data' and jsonb_typeof(e) = 'object')
    and not (key in ('drugcentral_data', 'chembl_data') and jsonb_typeof(coalesce(e -> 'drugs', e -> 'compounds', e)) = 'array')
  union all
  select side, gene, n, example, '$.' || key || '[' || (i - 1) || ']',
    coalesce(word(object(e) -> 'drugcentral_id'), word(object(e) -> 'chembl_id'), word(object(e) -> 'molecule_chembl_id')), e, key
  from sides cross join jsonb_each(object(value)) as m (key, list)
  cross join jsonb_array_elements(listed(coalesce(object(list) -> 'drugs', object(list) -> 'compounds', list))) with ordinality as l (e, i)
  where key in ('drugcentral_data', 'chembl_data')
  union all
  select side, gene, n, example, '$[' || (i - 1) || ']', coalesce(word(object(e) -> 'drugcentral_id'), word(object(e) -> 'chembl_id'),
    word(object(e) -> 'molecule_chembl_id'), word(object(e) -> 'drug_id'), word(object(e) -> 'id')), e, 'array'
  from sides cross join jsonb_array_elements(listed(value)) with ordinality as l (e, i)
  union all
  select side, gene, n, example, '$', null, value, 'scalar' from sides where jsonb_typeof(value) not in ('object', 'array')
),
said as (
  select *, object(raw) as v,
    coalesce(word(object(raw) -> 'name'), word(object(raw) -> 'drug_name'), word(object(raw) -> 'molecule_name'), word(object(raw) -> 'pref_name')) as name,
    coalesce(num(object(raw) -> 'evidence' -> 'score'), num(object(raw) -> 'score'), num(object(raw) -> 'activity_value')) as score,
    coalesce(word(object(raw) -> 'evidence' -> 'score'), word(object(raw) -> 'score'), word(object(raw) -> 'activity_value')) as raw_score,
    coalesce(word(object(raw) -> 'evidence' -> 'type'), word(object(raw) -> 'activity_type')) as raw_type,
    coalesce(word(object(raw) -> 'mechanism_of_action'), word(object(raw) -> 'mechanism')) as raw_mechanism,
    word(object(raw) -> 'action_type') as raw_action, word(object(raw) -> 'activity_units') as raw_units,
    coalesce(word(object(raw) -> 'clinical_phase'), word(object(raw) -> 'max_phase'), word(object(raw) -> 'phase')) as raw_phase
  from entries offset bigint '0'
),
sourced as (
  select *,
    lower_case(regexp_replace(name, '[\s\u00a0\u0085\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]+', ' ', 'g')) as name_norm,
    case
      when side = 'view' and key ~ '^(DrugCentral|ChEMBL|Drug_Repurposing_Hub|unknown):' then split_part(key, ':', 1)
      when key ~ '^[0-9]{1,18}$' and coalesce(wrapper, '') <> 'chembl_data' then 'DrugCentral'
      when key ~* '^CHEMBL[0-9]{1,12}$' then 'ChEMBL'
      when key ~ '^repurposing_[0-9]+$' or word(v -> 'source') = 'Drug_Repurposing_Hub' then 'Drug_Repurposing_Hub'
      when wrapper = 'drugcentral_data' then 'DrugCentral' when wrapper = 'chembl_data' then 'ChEMBL'
      when wrapper = 'array' and (v ? 'evidence' or v ? 'action_type') then 'DrugCentral'
      when wrapper = 'array' and (v ? 'clinical_phase' or v ? 'disease_area') then 'Drug_Repurposing_Hub'
      when wrapper = 'array' and (v ? 'max_phase' or v ? 'activity_units' or v ? 'therapeutic_flag') then 'ChEMBL'
      when wrapper = 'array' then 'unknown' end as source
  from said offset bigint '0'
),
typed as (
  select *,
    case when side = 'view' and key ~ '^(DrugCentral|ChEMBL|unknown):' then substr(key, strpos(key, ':') + 1)
      when source = 'Drug_Repurposing_Hub' or (wrapper = 'array' and key is null) then name_norm
      when source = 'ChEMBL' and key is not null then upper(key) else coalesce(key, name_norm) end collate "C" as drug_key,
    case when source = 'DrugCentral' and score > 0 and score <> 1 and score <= 15 then score end as p_activity,
    case when source = 'ChEMBL' and score > 0 then score end as reported,
    case when raw_type <> 'experimental' and octet_length(raw_type) <= 50 then raw_type end as activity_type,
    case when lower_case(raw_action) <> 'unknown' and octet_length(raw_action) <= 100 then raw_action end as interaction_type,
    case when lower_case(raw_mechanism) <> 'unknown' and raw_mechanism !~ '^[0-9]+(\.[0-9]+)?$' then raw_mechanism end as mechanism,
    case when raw_mechanism ~ '^[0-9]+(\.[0-9]+)?$' then raw_mechanism::numeric > 0 end as is_target,
    word(v -> 'target_name') as target_name, word(v -> 'target_type') as target_type, word(v -> 'indication') as indication,
    word(v -> 'disease_area') as disease_area, case when num(v -> 'clinical_score') between 0 and 5 then num(v -> 'clinical_score') end as clinical_score,
    case when jsonb_typeof(v -> 'therapeutic_flag') = 'boolean' then (v ->> 'therapeutic_flag')::boolean end as therapeutic_flag,
    phase(raw_phase) as phase,
    nullif((v - 'evidence' - keys_told(v,
        array['name', 'drug_name', 'molecule_name', 'pref_name', 'score', 'activity_value', 'activity_type', 'mechanism_of_action', 'mechanism', 'action_type',
          'activity_units', 'clinical_phase', 'max_phase', 'phase', 'target_name', 'target_type', 'indication', 'disease_area', 'source',
          'drugcentral_id', 'chembl_id', 'molecule_chembl_id', 'drug_id', 'id', 'clinical_score', 'therapeutic_flag', 'references'],
        array[name, name, name, name, raw_score, raw_score, raw_type, raw_mechanism, raw_mechanism, raw_action,
          raw_units, raw_phase, raw_phase, raw_phase, word(v -> 'target_name'), word(v -> 'target_type'), word(v -> 'indication'), word(v -> 'disease_area'), source,
          key, key, key, key, key,
          case when num(v -> 'clinical_score') between 0 and 5 then word(v -> 'clinical_score') end,
          case when jsonb_typeof(v -> 'therapeutic_flag') = 'boolean' then word(v -> 'therapeutic_flag') end,
          case when wrapper is null and jsonb_typeof(v -> 'references') = 'array' then '' end]))
      || case when jsonb_typeof(v -> 'evidence') = 'object' and (v -> 'evidence') - array['type', 'score'] <> '{}'
          then jsonb_build_object('evidence_other', (v -> 'evidence') - array['type', 'score'])
        when jsonb_typeof(v -> 'evidence') <> 'object' and v -> 'evidence' <> 'null' then jsonb_build_object('evidence_other', v -> 'evidence') else '{}' end, '{}') as details
  from sourced offset bigint '0'
)
select t.*, q.reason as quarantine_reason,
  case when p_activity is not null then case when power(10::numeric, 9 - p_activity) > 999999 then round(power(10::numeric, 6 - p_activity), 4)
      when power(10::numeric, 9 - p_activity) < 0.001 then round(power(10::numeric, 12 - p_activity), 4) else round(power(10::numeric, 9 - p_activity), 4) end
    when reported < 999999.9999 then round(reported, 4) when reported < 999999999 and lower_case(raw_units) = 'nm' then round(reported / 1000, 4) end as activity,
  case when p_activity is not null then case when power(10::numeric, 9 - p_activity) > 999999 then 'uM' when power(10::numeric, 9 - p_activity) < 0.001 then 'pM' else 'nM' end
    when reported < 999999.9999 and octet_length(raw_units) <= 20 then raw_units when reported < 999999999 and lower_case(raw_units) = 'nm' then 'uM' end as unit,
  case when wrapper = 'scalar' or jsonb_typeof(raw) <> 'object' then 'not_an_object' when source is null then 'unknown_drug_key'
    when drug_key is null or name is null then 'missing_drug_name' when length(name) < current_setting('mediabase.drug_name_min_length')::integer then 'drug_name_too_short'
    when octet_length(name) > 600 or octet_length(drug_key) > 600 then 'value_too_long' end as own_reason
from typed as t
left join quarantined as q on t.side = 'legacy' and q.gene_id = t.gene and q.legacy_column = 'drugs' and q.json_path = t.path and q.raw_value = t.raw
  and q.reason in ('not_an_object', 'unknown_drug_key', 'missing_drug_name', 'drug_name_too_short', 'value_too_long', 'conflicting_value');
analyze drugs_read;

-- what most entries say of a drug, entries in quarantine left out
create unlogged table expected_drugs as
with told as (
  select source, drug_key, a.attribute, a.value collate "C" as value, sum(n) as n from drugs_read
  cross join lateral (values ('name', name), ('mechanism', mechanism), ('target_type', target_type), ('indication', indication),
    ('disease_area', disease_area), ('phase', phase), ('therapeutic_flag', therapeutic_flag::text)) as a (attribute, value)
  where side = 'legacy' and quarantine_reason is null and a.value is not null group by 1, 2, 3, 4
),
chosen as (select distinct on (source, drug_key, attribute) * from told order by source, drug_key, attribute, n desc, value)
select source, drug_key, max(value) filter (where attribute = 'name') as name, max(value) filter (where attribute = 'mechanism') as mechanism,
  max(value) filter (where attribute = 'target_type') as target_type, max(value) filter (where attribute = 'indication') as indication,
  max(value) filter (where attribute = 'disease_area') as disease_area, max(value) filter (where attribute = 'phase') as phase,
  (max(value) filter (where attribute = 'therapeutic_flag'))::boolean as therapeutic_flag
from chosen group by 1, 2;
analyze expected_drugs;

create unlogged table drugs_told as
select r.*, coalesce(r.phase, x.phase) as phase_kept,
  md5(row(r.name_norm, r.p_activity, r.activity, r.unit, r.activity_type, r.interaction_type, r.mechanism, r.is_target, r.target_name, r.target_type, r.indication,
    r.disease_area, trim_scale(r.clinical_score), r.therapeutic_flag, case when r.side = 'view' then r.phase else coalesce(r.phase, x.phase) end, r.details)::text) as content
from drugs_read as r left join expected_drugs as x using (source, drug_key);
analyze drugs_told;

create unlogged table drugs_shown as
select gene, source, drug_key, name, content, raw, path from drugs_told where side = 'view';
analyze drugs_shown;

create unlogged table drug_pairs as
select t.*, s.gene is not null as is_shown, s.name = t.name as is_same_name
from drugs_told as t
left join drugs_shown as s on s.gene = t.gene and s.source = t.source and s.drug_key = t.drug_key and s.content = t.content
where t.side = 'legacy';
analyze drug_pairs;

insert into account
select 'drugs', case when quarantine_reason is not null then 'quarantine' when wrapper is not null or raw_mechanism ~* '^unknown$' or raw_action ~* '^unknown$'
    or raw_type = 'experimental' or (source = 'DrugCentral' and score = 1) or (raw_score is not null and activity is null) or (phase is null and raw_phase is not null)
    then 'repair' when not is_same_name then 'merge' else 'equal' end,
  case when quarantine_reason is not null then quarantine_reason when wrapper = 'array' then 'array_salvaged' when wrapper is not null then 'drug_wrapper_unpacked'
    when raw_mechanism ~* '^unknown$' or raw_action ~* '^unknown$' or raw_type = 'experimental' or (source = 'DrugCentral' and score = 1) then 'default_evidence'
    when raw_score is not null and activity is null and (p_activity is not null or reported is not null) then 'number_out_of_range'
    when (raw_score is not null and activity is null) or (phase is null and raw_phase is not null and lower_case(raw_phase) <> 'unknown') then 'unreadable_value'
    when phase is null and raw_phase is not null then 'default_evidence'
    when not is_same_name then 'another_spelling_of_the_name' else '' end, sum(n)
from drug_pairs where is_shown or quarantine_reason is not null group by 1, 2, 3;

insert into differences
select example, gene, 'drugs', path, raw::text, null, 'gene_drug_interactions' from drug_pairs where quarantine_reason is null and not is_shown
union all
select null, s.gene, 'drugs', s.path, null, s.raw::text, 'gene_drug_interactions' from drugs_shown as s
where not exists (select from drug_pairs as t where t.gene = s.gene and t.source = s.source and t.drug_key = s.drug_key and t.content = s.content
  and t.quarantine_reason is null and t.name = s.name)
union all
-- an entry is in quarantine for the reason that its own form gives, or because another one for the same drug is shown
select t.example, t.gene, 'drugs', t.path, t.raw::text, t.quarantine_reason, 'mediabase_ops.quarantine' from drug_pairs as t
where t.quarantine_reason is not null and coalesce(t.own_reason, 'conflicting_value') <> t.quarantine_reason
  or t.quarantine_reason = 'conflicting_value' and not exists (
    select from drugs_shown as s where s.gene = t.gene and s.source = t.source and s.drug_key = t.drug_key);
