-- Grain: one row per GO id that a distinct go_terms value of a gene names (transcripts of one gene may hold different values).
-- Shapes read: {GO id: {term, evidence, aspect}}, {GO id: text}, {GO id: {name, namespace, evidence: []}},
-- {aspect: [GO id, ...]}, and lists of objects with an id. Inherited evidence is told apart; empty evidence is NULL.
-- Inputs: gene_payloads.
create unlogged table go_facts as
with entries as (
  select payload_id, gene_id, field, n, '$.' || key as path, e as raw, key as raw_id, object_of(e) as v, null as list_aspect,
    jsonb_typeof(e) as shape
  from gene_payloads cross join jsonb_each(object_of(value)) as m (key, e)
  where reason is null and field = 'go_terms' and jsonb_typeof(e) <> 'array'
  union all
  select payload_id, gene_id, field, n, '$.' || key || '[' || (position - 1) || ']', e,
    coalesce(json_text(e), json_text(object_of(e) -> 'go_id'), json_text(object_of(e) -> 'id'), json_text(object_of(e) -> 'GO')),
    object_of(e), key, 'listed'
  from gene_payloads cross join jsonb_each(object_of(value)) as m (key, list)
  cross join jsonb_array_elements(json_members(list)) with ordinality as l (e, position)
  where reason is null and field = 'go_terms' and jsonb_typeof(list) = 'array'
  union all
  select payload_id, gene_id, field, n, '$[' || (position - 1) || ']', e,
    coalesce(json_text(e), json_text(object_of(e) -> 'go_id'), json_text(object_of(e) -> 'id'), json_text(object_of(e) -> 'GO')),
    object_of(e), null, 'salvaged'
  from gene_payloads cross join jsonb_array_elements(json_members(value)) with ordinality as l (e, position)
  where reason is null and field = 'go_terms'
  union all
  select payload_id, gene_id, field, n, '$', value, null, '{}', null, 'none'
  from gene_payloads
  where reason is null and field = 'go_terms' and jsonb_typeof(value) not in ('object', 'array')
),
read as (
  select
    e.*, t.*,
    case when raw_id ~ '^GO:[0-9]{7}$' then raw_id when upper(clean_text(raw_id)) ~ '^GO:[0-9]{7}$' then upper(clean_text(raw_id)) end
      collate "C" as go_id
  from entries as e
  cross join lateral (
    select
      coalesce(json_text(v -> 'term'), json_text(v -> 'name'), case when shape = 'string' then json_text(raw) end) as term_name,
      coalesce(json_text(v -> 'aspect'), json_text(v -> 'namespace'), list_aspect) as aspect_name,
      case when jsonb_typeof(v -> 'evidence') = 'array' then (json_text_array(v -> 'evidence'))[1] else json_text(v -> 'evidence') end as evidence_text,
      json_text(v -> 'qualifier') as qualifier,
      json_text(v -> 'definition') as definition
    offset 0) as t
  offset 0
),
typed as materialized (
  select
    payload_id, gene_id, field, path, n, raw, raw_id, shape, go_id, v,
    case when octet_length(term_name) <= 2000 then term_name end as term_name,
    definition, qualifier, aspect_name, evidence_text,
    case lower(aspect_name)
      when 'molecular_function' then 'molecular_function' when 'biological_process' then 'biological_process'
      when 'cellular_component' then 'cellular_component'
      when 'f' then 'molecular_function' when 'p' then 'biological_process' when 'c' then 'cellular_component'
      when 'mf' then 'molecular_function' when 'bp' then 'biological_process' when 'cc' then 'cellular_component'
      when 'molecular function' then 'molecular_function' when 'biological process' then 'biological_process'
      when 'cellular component' then 'cellular_component'
    end as category,
    case when evidence_text ~ '^[A-Z]{2,3}$' then evidence_text end as evidence_code,
    case when evidence_text like '_nherited from GO:%' then substring(evidence_text from '^[Ii]nherited from (GO:[0-9]{7})$') end as inherited_from,
    case when v ?| array['pmid', 'pmids'] then coalesce((
      select array_agg(distinct p collate "C" order by p collate "C")
      from unnest(json_text_array(coalesce(v -> 'pmid', v -> 'pmids'))) as r (t) cross join lateral pubmed_id(t) as p where p is not null), '{}')
    else '{}' end as pmids
  from read
),
names as (
  select distinct on (go_id) go_id, term_name as kept_name
  from (select go_id, term_name collate "C" as term_name, sum(n) as n from typed where term_name is not null group by 1, 2) as v
  order by go_id, n desc, term_name
),
categories as (
  select distinct on (go_id) go_id, category as kept_category
  from (select go_id, category, sum(n) as n from typed where category is not null group by 1, 2) as v
  order by go_id, n desc, category
)
select
  payload_id, gene_id, field, path, n, go_id, term_name, kept_name, definition, category, kept_category, evidence_code, qualifier,
  inherited_from is not null as is_inherited, inherited_from, pmids,
  reason, case when reason is null then repairs else '{}' end as repairs, null::text as winner,
  case when repairs = array['empty_evidence'] then '""'::jsonb when reason is not null or repairs <> '{}' then raw end as raw,
  reason is null and row_number() over (partition by payload_id, go_id, reason order by (repairs <> '{}'), path) = 1 as is_first_in_value
from typed
left join names using (go_id)
left join categories using (go_id)
cross join lateral (
  select
    case
      when shape in ('none', 'null', 'number', 'boolean') then 'not_an_object'
      when raw_id is null then 'missing_identifier'
      when go_id is null then 'bad_go_id'
    end as reason,
    case when shape = 'object' and evidence_code is not null and raw_id = go_id and category = kept_category and term_name = kept_name and not v ? 'name' then '{}'::text[] else
    array_remove(array[
      case when shape = 'listed' then 'go_aspect_keyed' end,
      case when shape = 'salvaged' then 'array_salvaged' end,
      case when shape = 'string' then 'go_text_value' end,
      case when shape = 'object' and (v ? 'name' or v ? 'namespace' or jsonb_typeof(v -> 'evidence') = 'array') then 'go_other_shape' end,
      case when raw_id <> go_id then 'go_id_format' end,
      case when inherited_from is not null then 'inherited_evidence' end,
      case when shape = 'object' and v ? 'evidence' and evidence_text is null then 'empty_evidence' end,
      case when evidence_text is not null and evidence_code is null and inherited_from is null then 'unreadable_evidence' end,
      case when term_name <> kept_name or category <> kept_category then 'go_term_differs' end,
      case when aspect_name is not null and category is null then 'unreadable_aspect' end
    ], null) end as repairs
  offset 0) as judged;
