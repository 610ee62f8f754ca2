-- Grain: one row per (clinical annotation or variant annotation, drug that it names) of a distinct value of a gene.
-- Clinical annotations come from drugs.pharmgkb_data, variants from the three lists of pharmgkb_variants; a variant has
-- no id of its own: its id follows from its content. drug_name is empty where none is named. What no column shows as it is
-- (other keys, values of an unexpected kind) stays in details.
-- Inputs: gene_payloads.
create unlogged table pharmgkb_annotation_facts as
with items as (
  select payload_id, gene_id, field, n, 'clinical' as kind, '$.pharmgkb_data.clinical_annotations[' || (position - 1) || ']' as path,
    e as raw, json_text(object_of(e) -> 'annotation_id') as annotation_id, null as variant_list, e -> 'drug' as drug_value
  from gene_payloads
  cross join jsonb_array_elements(json_members(object_of(object_of(value) -> 'pharmgkb_data') -> 'clinical_annotations')) with ordinality as l (e, position)
  where reason is null and field = 'drugs'
  union all
  select payload_id, gene_id, field, n, 'variant', '$.' || list || '[' || (position - 1) || ']', e,
    'variant:' || md5(list || ':' || e::text), replace(list, '_variants', ''), e -> 'drugs'
  from gene_payloads
  cross join unnest(array['high_impact_variants', 'cyp450_variants', 'cancer_relevant_variants']) as list
  cross join jsonb_array_elements(json_members(object_of(value) -> list)) with ordinality as l (e, position)
  where reason is null and field = 'pharmgkb_variants'
),
by_drug as materialized (
  select i.*, object_of(raw) as v, drug collate "C" as drug_name, cardinality(drugs) as n_drugs
  from items as i
  cross join lateral (
    select case when jsonb_typeof(i.raw) = 'object' then named_drugs(i.drug_value) else array[''] end as drugs offset 0) as d
  cross join unnest(drugs) as drug
),
typed as materialized (
  select
    payload_id, gene_id, field, n, kind, path, raw, (annotation_id collate "C") as annotation_id, variant_list, drug_name, n_drugs,
    coalesce(json_text(v -> 'variant'), json_text(v -> 'variant_id')) as variant_identifier,
    json_text(v -> 'phenotypes') as phenotype,
    json_text(v -> 'phenotype_category') as phenotype_category,
    json_text(v -> 'significance') as clinical_significance,
    json_text(v -> 'evidence_level') as evidence_level,
    coalesce(usable_number(json_number(v -> 'score')), usable_number(json_number(v -> 'pharmacogenomic_score'))) as score,
    json_text(v -> 'specialty_population') as population,
    coalesce((select array_agg(distinct p collate "C" order by p collate "C")
      from unnest(json_text_array(v -> 'pmid') || json_text_array(v -> 'pmids')) as r (t) cross join lateral pubmed_id(t) as p where p is not null), '{}')
      as pmids,
    json_text(v -> 'url') as pharmgkb_url,
    v,
    case
      when jsonb_typeof(raw) <> 'object' then 'not_an_object'
      when annotation_id is null then 'missing_identifier'
      when octet_length(annotation_id) > 200 or octet_length(drug_name) > 600 then 'value_too_long'
    end as own_reason,
    case kind when 'clinical' then 'drug' else 'drugs' end as drug_key,
    array_remove(array[
      case when kind = 'clinical' then 'pharmgkb_payload' end,
      case when n_drugs > 1 and kind = 'clinical' then 'drug_list_split' end,
      case when json_text(v -> 'pmid') is not null and json_text(v -> 'pmid') ~ '^[Pp][Uu][Bb][Mm][Ee][Dd]|^[Pp][Mm][Ii][Dd]' then 'pmid_prefix' end,
      case when json_text(v -> 'pmid') is not null and pubmed_id(json_text(v -> 'pmid')) is null then 'bad_pmid' end
    ], null) as repairs
  from by_drug
),
told as materialized (
  select *,
    unread(v, annotation_keys(), array_remove(array[
      case when json_text(v -> 'annotation_id') = annotation_id then 'annotation_id' end,
      case when json_text(v -> 'variant') = variant_identifier then 'variant' end,
      case when json_text(v -> 'variant_id') = variant_identifier then 'variant_id' end,
      case when phenotype is not null then 'phenotypes' end, case when phenotype_category is not null then 'phenotype_category' end,
      case when clinical_significance is not null then 'significance' end, case when evidence_level is not null then 'evidence_level' end,
      case when json_text(v -> 'score') = score::text then 'score' end,
      case when json_text(v -> 'pharmacogenomic_score') = score::text then 'pharmacogenomic_score' end,
      case when population is not null then 'specialty_population' end, case when pharmgkb_url is not null then 'url' end,
      case when is_flat(v -> 'pmid') and not exists (select from unnest(json_text_array(v -> 'pmid')) as t where pubmed_id(t) is null) then 'pmid' end,
      case when is_flat(v -> 'pmids') and not exists (select from unnest(json_text_array(v -> 'pmids')) as t where pubmed_id(t) is null) then 'pmids' end,
      case when is_flat(v -> drug_key) then drug_key end,
      case when json_text(v -> 'source') = 'PharmGKB_Clinical_Annotations' then 'source' end], null)) as details
  from typed
),
ranked as (
  select *, row_number() over of_fact as rank_of_fact, first_value(content) over of_fact as kept_content,
    first_value(path) over of_fact as winner_path
  from told
  cross join lateral (select md5(row(variant_identifier, phenotype, phenotype_category, clinical_significance, evidence_level, score,
    population, pmids, pharmgkb_url, details)::text) as content offset 0) as digest
  window of_fact as (
    partition by gene_id, annotation_id, drug_name, own_reason order by n desc, content, payload_id, path collate "C")
)
select
  payload_id, gene_id, field, path, n, kind, annotation_id, variant_list, drug_name, variant_identifier, phenotype, phenotype_category,
  clinical_significance, evidence_level, score, population, pmids, pharmgkb_url, details,
  coalesce(own_reason, case when content <> kept_content then 'conflicting_value' end) as reason,
  case when own_reason is null and content = kept_content then repairs else '{}' end as repairs,
  case when own_reason is null and content <> kept_content then winner_path end as winner,
  raw,
  own_reason is null and rank_of_fact = 1 as is_first
from ranked;
