-- Drugs of a gene, entry by entry, both sides read by the same rules. Families: DrugCentral (digits), ChEMBL (CHEMBL + digits),
-- Repurposing Hub (repurposing_N: the number is a counter, the name tells the drug), and members of lists and wrappers.
-- Rules (rules/drugs.sql, shared with the extraction): score 1.0, experimental and unknown stand for missing; a phase is told in one vocabulary, by the drug where the entry
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
  select *, object(raw) as v, object(object(raw) -> 'evidence') as evidence,
    coalesce(word(object(raw) -> 'name'), word(object(raw) -> 'drug_name'), word(object(raw) -> 'molecule_name'), word(object(raw) -> 'pref_name')) as name,
    array[word(object(object(raw) -> 'evidence') -> 'score'), word(object(raw) -> 'score'), word(object(raw) -> 'activity_value')] as scores,
    array[num(object(object(raw) -> 'evidence') -> 'score'), num(object(raw) -> 'score'), num(object(raw) -> 'activity_value')] as numbers,
    array[word(object(object(raw) -> 'evidence') -> 'type'), word(object(raw) -> 'activity_type')] as types,
    array[word(object(raw) -> 'mechanism_of_action'), word(object(raw) -> 'mechanism')] as mechanisms,
    array[word(object(raw) -> 'clinical_phase'), word(object(raw) -> 'max_phase'), word(object(raw) -> 'phase')] as phases,
    word(object(raw) -> 'action_type') as action, word(object(raw) -> 'activity_units') as units
  from (select side, gene, n, example, path, plain(key) as key, raw, wrapper from entries) as e offset bigint '0'
),
sourced as (
  select *,
    lower_case(one_spaced(name)) as name_norm,
    case
      when side = 'view' and key ~ '^(DrugCentral|ChEMBL|Drug_Repurposing_Hub|unknown):' then split_part(key, ':', 1)
      when source_of_drug_key(key) is not null and (source_of_drug_key(key) <> 'DrugCentral' or coalesce(wrapper, '') <> 'chembl_data') then source_of_drug_key(key)
      when word(v -> 'source') = 'Drug_Repurposing_Hub' then 'Drug_Repurposing_Hub'
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
      when source = 'Drug_Repurposing_Hub' or (wrapper = 'array' and key is null) then name_norm else coalesce(spelt_drug_key(key), name_norm) end collate "C" as drug_key,
    case source when 'DrugCentral' then coalesce(nullif(numbers[1], 1), nullif(numbers[2], 1), nullif(numbers[3], 1))
      else coalesce(numbers[1], numbers[2], numbers[3]) end as score,
    coalesce(nullif(types[1], 'experimental'), nullif(types[2], 'experimental')) as activity_type,
    case when not says_unknown(action) then action end as interaction_type,
    case when not says_unknown(mechanisms[1]) and mechanism_flag(mechanisms[1]) is null then mechanisms[1]
      when not says_unknown(mechanisms[2]) and mechanism_flag(mechanisms[2]) is null then mechanisms[2] end as mechanism,
    coalesce(mechanism_flag(mechanisms[1]), mechanism_flag(mechanisms[2])) as is_target,
    word(v -> 'target_name') as target_name, word(v -> 'target_type') as target_type, word(v -> 'indication') as indication,
    word(v -> 'disease_area') as disease_area, case when num(v -> 'clinical_score') between 0 and 5 then usable_number(num(v -> 'clinical_score')) end as clinical_score,
    case when jsonb_typeof(v -> 'therapeutic_flag') = 'boolean' then (v ->> 'therapeutic_flag')::boolean end as therapeutic_flag,
    coalesce(phase_of(lower_case(phases[1])), phase_of(lower_case(phases[2])), phase_of(lower_case(phases[3]))) as phase,
    case when phase_of(lower_case(phases[1])) is not null then phases[1] when phase_of(lower_case(phases[2])) is not null then phases[2]
      when phase_of(lower_case(phases[3])) is not null then phases[3] end as raw_phase
  from sourced offset bigint '0'
),
measured as (
  select *, case when source = 'DrugCentral' then p_activity_of(score) end as p_activity,
    case source when 'DrugCentral' then potency(p_activity_of(score)) when 'ChEMBL' then reported_activity(score, units) end as activity,
    case source when 'DrugCentral' then potency_unit(p_activity_of(score)) when 'ChEMBL' then reported_unit(score, units) end as unit
  from typed offset bigint '0'
),
told as (
  select *,
    array[case when types[1] in (activity_type, 'experimental') then 'type' end,
      case when scores[1] = coalesce(p_activity, activity)::text or source = 'DrugCentral' and numbers[1] = 1 then 'score' end] as told_of_evidence,
    array['', case when word(v -> 'name') = name then 'name' end, case when word(v -> 'drug_name') = name then 'drug_name' end,
      case when word(v -> 'molecule_name') = name then 'molecule_name' end, case when word(v -> 'pref_name') = name then 'pref_name' end,
      case when scores[2] = coalesce(p_activity, activity)::text or source = 'DrugCentral' and numbers[2] = 1 then 'score' end,
      case when scores[3] = coalesce(p_activity, activity)::text or source = 'DrugCentral' and numbers[3] = 1 then 'activity_value' end,
      case when types[2] in (activity_type, 'experimental') then 'activity_type' end,
      case when mechanisms[1] = mechanism or says_unknown(mechanisms[1]) or mechanism_flag(mechanisms[1]) = is_target then 'mechanism_of_action' end,
      case when mechanisms[2] = mechanism or says_unknown(mechanisms[2]) or mechanism_flag(mechanisms[2]) = is_target then 'mechanism' end,
      case when action is not null then 'action_type' end, case when units = unit then 'activity_units' end,
      case when phases[1] = raw_phase or says_unknown(phases[1]) then 'clinical_phase' end,
      case when phases[2] = raw_phase or says_unknown(phases[2]) then 'max_phase' end,
      case when phases[3] = raw_phase or says_unknown(phases[3]) then 'phase' end,
      case when target_name is not null then 'target_name' end, case when target_type is not null then 'target_type' end,
      case when indication is not null then 'indication' end, case when disease_area is not null then 'disease_area' end,
      case when word(v -> 'source') = source then 'source' end, case when word(v -> 'drugcentral_id') in (key, drug_key) then 'drugcentral_id' end,
      case when word(v -> 'chembl_id') in (key, drug_key) then 'chembl_id' end,
      case when word(v -> 'molecule_chembl_id') in (key, drug_key) then 'molecule_chembl_id' end,
      case when word(v -> 'drug_id') in (key, drug_key) then 'drug_id' end, case when word(v -> 'id') in (key, drug_key) then 'id' end,
      case when word(v -> 'clinical_score') = clinical_score::text then 'clinical_score' end,
      case when therapeutic_flag is not null then 'therapeutic_flag' end,
      case when wrapper is null and jsonb_typeof(v -> 'references') = 'array' then 'references' end] as told
  from measured offset bigint '0'
)
select t.*, q.reason as quarantine_reason,
  nullif(unread(v - 'evidence', drug_entry_keys(), told) || other_evidence(v -> 'evidence', told_of_evidence), '{}') as details,
  case when wrapper = 'scalar' or jsonb_typeof(raw) <> 'object' then 'not_an_object' when source is null then 'unknown_drug_key'
    when drug_key is null or name is null then 'missing_drug_name' when length(name) < current_setting('mediabase.drug_name_min_length')::integer then 'drug_name_too_short'
    when octet_length(name) > 600 or octet_length(drug_key) > 600 then 'value_too_long' end as own_reason
from told as t
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
  md5(row(r.name_norm, trim_scale(r.p_activity), trim_scale(r.activity), r.unit, r.activity_type, r.interaction_type, r.mechanism, r.is_target, r.target_name, r.target_type, r.indication,
    r.disease_area, trim_scale(r.clinical_score), r.therapeutic_flag, case when r.side = 'view' and not coalesce(r.details ?& array['clinical_phase', 'max_phase', 'phase'], false) then r.phase else coalesce(r.phase, x.phase) end, r.details)::text) as content
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
select 'drugs', case when explained = '' then 'equal' when explained = 'another_spelling_of_the_name' then 'merge' when quarantine_reason is not null then 'quarantine'
  else 'repair' end, explained, sum(n)
from (
  select *, case when quarantine_reason is not null then quarantine_reason when wrapper = 'array' then 'array_salvaged' when wrapper is not null then 'drug_wrapper_unpacked'
    when says_unknown(mechanisms[1]) or says_unknown(mechanisms[2]) or says_unknown(action) or 'experimental' = any (types)
      or (source = 'DrugCentral' and 1 = any (numbers) and activity is null) then 'default_evidence'
    when score is not null and activity is null and (source = 'DrugCentral' or source = 'ChEMBL' and units is not null) then 'number_out_of_range'
    when activity is null and array_remove(scores, null) <> '{}' or phase is null and exists (
      select from unnest(phases) as p where p is not null and not says_unknown(p)) then 'unreadable_value'
    when phase is null and array_remove(phases, null) <> '{}' then 'default_evidence'
    when not is_same_name then 'another_spelling_of_the_name' else '' end as explained
  from drug_pairs where is_shown or quarantine_reason is not null) as p
group by 1, 2, 3;

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
