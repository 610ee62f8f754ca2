-- Grain: one row per GO id that a distinct go_terms value of a gene names (transcripts of one gene may hold different values),
-- and one row of n = 0 per value inside an entry that is set aside while the entry is kept (a reference that is no PubMed id).
-- Shapes read: {GO id: {term, evidence, aspect}}, {GO id: text}, {GO id: {name, namespace, evidence: []}}, {GO id: [objects or
-- texts]}, {aspect: [GO id, ...]}, and lists of objects with an id. Inherited evidence is told apart; empty evidence is NULL.
-- Denied annotations (NOT in the qualifier, a flag, the evidence, the id or the name) are kept, their qualifier begins with NOT.
-- Of entries of one value that say different things of one term the first is kept (not denied, without repairs, by path), the
-- others are set aside.
-- Inputs: gene_payloads.
create unlogged table go_facts as
with entries as (
  select payload_id, gene_id, field, n, '$.' || key as path, e as raw, key as raw_id, object_of(e) as v, null as list_aspect,
    jsonb_typeof(e) as shape
  from gene_payloads cross join jsonb_each(object_of(value)) as m (key, e)
  where reason is null and field = 'go_terms' and jsonb_typeof(e) <> 'array'
  union all
  select payload_id, gene_id, field, n, '$.' || key || '[' || (position - 1) || ']', e,
    case when key_id is not null and jsonb_typeof(e) = 'string' and go_id_in(json_text(e)) is null then key_id
      else coalesce(json_text(e), json_text(object_of(e) -> 'go_id'), json_text(object_of(e) -> 'id'), json_text(object_of(e) -> 'GO'),
        case when key_id is not null and jsonb_typeof(e) = 'object' then key end) end,
    object_of(e), case when key_id is null then key end,
    case when key_id is null then 'listed' when jsonb_typeof(e) = 'string' and go_id_in(json_text(e)) is null then 'string in list' else 'salvaged' end
  from gene_payloads cross join jsonb_each(object_of(value)) as m (key, list)
  cross join go_id_in(key) as key_id
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
  select e.*, t.*, go_id_in(raw_id) collate "C" as go_id
  from entries as e
  cross join lateral (
    select
      coalesce(json_text(v -> 'term'), json_text(v -> 'name'),
        case when shape = 'string' or shape = 'string in list' and evidence_code_in(json_text(raw)) is null then json_text(raw) end) as term_said,
      coalesce(json_text(v -> 'aspect'), json_text(v -> 'namespace'), list_aspect) as aspect_name,
      case when shape = 'string in list' and evidence_code_in(json_text(raw)) is not null then json_text(raw) else go_evidence(v -> 'evidence') end
        as evidence_text
    offset 0) as t
  offset 0
),
judged as (
  select *, evidence_code_in(evidence_text) as evidence_code,
    go_keys_deny(v) or go_evidence_denies(v -> 'evidence') or begins_with_not(term_said) or raw_id ~ '^[Nn][Oo][Tt]' and go_id is not null as is_denied
  from read
  offset 0
),
typed as materialized (
  select
    payload_id, gene_id, field, path, n, raw, raw_id, shape, go_id, v, is_denied,
    case when octet_length(term_said) <= 2000 then without_not(term_said) end as term_name,
    json_text(v -> 'definition') as definition, go_qualifier(v, is_denied) as qualifier, aspect_name, evidence_text,
    aspect_in(lower_case(aspect_name)) as category,
    evidence_code,
    case when evidence_text like '_nherited from GO:%' then substring(evidence_text from '^[Ii]nherited from (GO:[0-9]{7})$') end as inherited_from,
    case when v ?| array['pmid', 'pmids'] then array(
      select distinct p collate "C" from unnest(pubmed_ids(v -> 'pmid') || pubmed_ids(v -> 'pmids')) as p order by 1)
    else '{}' end as pmids
  from judged
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
),
ranked as (
  select *, row_number() over of_term as place,
    first_value(row(evidence_code, qualifier, inherited_from, pmids)) over of_term is distinct from row(evidence_code, qualifier, inherited_from, pmids)
      and (evidence_code is not null or qualifier is not null or inherited_from is not null or pmids <> '{}') as says_otherwise
  from typed
  left join names using (go_id)
  left join categories using (go_id)
  cross join lateral (
    select
      case
        when shape in ('none', 'null', 'number', 'boolean') then 'not_an_object'
        when raw_id is null then 'missing_identifier'
        when go_id is null then 'bad_go_id'
      end as unfit,
      case when shape = 'object' and evidence_text = evidence_code and raw_id = go_id and category = kept_category and term_name = kept_name
          and not v ?| array['name', 'qualifier'] and not is_denied then '{}'::text[] else
      array_remove(array[
        case when shape = 'listed' then 'go_aspect_keyed' end,
        case when shape in ('salvaged', 'string in list') or jsonb_typeof(v -> 'qualifier') = 'array' then 'array_salvaged' end,
        case when shape = 'string' then 'go_text_value' end,
        case when shape = 'object' and (v ? 'name' or v ? 'namespace' or jsonb_typeof(v -> 'evidence') = 'array') then 'go_other_shape' end,
        case when raw_id <> go_id then 'go_id_format' end,
        case when inherited_from is not null then 'inherited_evidence' end,
        case when shape = 'object' and v ? 'evidence' and evidence_text is null then 'empty_evidence' end,
        case when evidence_text is not null and evidence_code is null and inherited_from is null then 'unreadable_evidence' end,
        case when evidence_text <> evidence_code then 'evidence_spelling' end,
        case when is_denied then 'denied_annotation' end,
        case when term_name <> kept_name or category <> kept_category then 'go_term_differs' end,
        case when aspect_name is not null and category is null then 'unreadable_aspect' end
      ], null) end as told
    offset 0) as told
  window of_term as (partition by payload_id, go_id, unfit order by is_denied, (told <> '{}'), path collate "C" rows between unbounded preceding and unbounded following)
),
decided as (
  select *, coalesce(unfit, case when place > 1 and says_otherwise then 'conflicting_value' end) as reason from ranked
)
select
  payload_id, gene_id, field, path, n, go_id, term_name, kept_name, definition, category, kept_category, evidence_code, qualifier,
  inherited_from is not null as is_inherited, inherited_from, pmids,
  reason, case when reason is null then told else '{}' end as repairs, null::text as winner,
  case when told = array['empty_evidence'] and reason is null then '""'::jsonb when reason is not null or told <> '{}' then raw end as raw,
  unfit is null and place = 1 as is_first_in_value
from decided
union all
select
  payload_id, gene_id, field, l.path, 0, null, null, null, null, null, null, null, null, false, null, '{}', 'bad_pmid', '{}', null, l.leaf, false
from typed
cross join lateral (values ('.pmid', v -> 'pmid'), ('.pmids', v -> 'pmids')) as k (key, said)
cross join lateral leaves_at(typed.path || k.key, said) as l
where v ?| array['pmid', 'pmids'] and go_id is not null and says_other_reference(l.leaf);
