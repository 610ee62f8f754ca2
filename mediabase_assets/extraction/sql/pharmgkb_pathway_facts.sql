-- Grain: one row per PharmGKB pathway that a distinct value of a gene holds, in drugs.pharmgkb_data.pathway_data or in its
-- copy pharmgkb_pathways. object_digest names the whole pathway object, which every gene of the pathway repeats; legacy_key is the
-- key under which it stands, a pathway id perhaps with white space.
-- Inputs: gene_payloads.
create unlogged table pharmgkb_pathway_facts as
with entries as (
  select payload_id, gene_id, legacy_symbol, field, n, '$.pharmgkb_data.pathway_data.' || key as path, key, e as raw
  from gene_payloads
  cross join jsonb_each(object_of(object_of(object_of(value) -> 'pharmgkb_data') -> 'pathway_data')) as m (key, e)
  where reason is null and field = 'drugs'
  union all
  select payload_id, gene_id, legacy_symbol, field, n, '$.' || key, key, e
  from gene_payloads cross join jsonb_each(object_of(value)) as m (key, e)
  where reason is null and field = 'pharmgkb_pathways'
  union all
  select payload_id, gene_id, legacy_symbol, field, n, '$[' || (position - 1) || ']', null, e
  from gene_payloads cross join jsonb_array_elements(json_members(value)) with ordinality as l (e, position)
  where reason is null and field = 'pharmgkb_pathways'
  union all
  select payload_id, gene_id, legacy_symbol, field, n, '$', null, value
  from gene_payloads where reason is null and field = 'pharmgkb_pathways' and jsonb_typeof(value) not in ('object', 'array')
),
typed as materialized (
  select
    payload_id, gene_id, field, path, n, raw, key as legacy_key, md5(raw::text)::uuid as object_digest,
    (case when clean_text(key) ~ '^PA[0-9]{1,15}$' then clean_text(key) end) collate "C" as pathway_id,
    json_text(object_of(raw) -> 'pathway_name') as pathway_name,
    gene_role_of(json_text(own -> 'role')) as gene_role,
    nullif(unread(own, array['role'], array[case when gene_role_of(json_text(own -> 'role')) is not null then 'role' end]), '{}') as details,
    coalesce((
      select array_agg(distinct p collate "C" order by p collate "C")
      from jsonb_array_elements(json_members(object_of(raw) -> 'reactions')) as r (reaction)
      cross join unnest(json_text_array(object_of(reaction) -> 'pmids')) as t (pmid)
      cross join lateral pubmed_id(pmid) as p
      where p is not null and json_text_array(object_of(reaction) -> 'controller_genes') @> array[legacy_symbol]), '{}') as pmids,
    case
      when jsonb_typeof(raw) <> 'object' then 'not_an_object'
      when clean_text(key) ~ '^PA[0-9]{1,15}$' then null
      else 'bad_identifier'
    end as own_reason
  from entries
  cross join lateral (select object_of(object_of(object_of(raw) -> 'gene_roles') -> legacy_symbol) as own offset 0) as role
),
ranked as (
  select *, row_number() over of_fact as rank_of_fact, first_value(object_digest) over of_fact as kept_digest,
    first_value((gene_role, pmids, details)) over of_fact as kept_link, first_value(path) over of_fact as winner_path
  from typed
  window of_fact as (partition by gene_id, pathway_id, own_reason order by n desc, object_digest, field, payload_id, path collate "C")
)
select
  payload_id, gene_id, field, path, n, pathway_id, pathway_name, 'PharmGKB' as pathway_source,
  gene_role, pmids, details, object_digest, legacy_key,
  coalesce(own_reason, case when (gene_role, pmids, details) is distinct from kept_link then 'conflicting_value' end) as reason,
  case when own_reason is null and field = 'drugs' and (gene_role, pmids, details) is not distinct from kept_link
    then array['pharmgkb_payload'] else '{}' end as repairs,
  case when own_reason is null and (gene_role, pmids, details) is distinct from kept_link then winner_path end as winner,
  case when own_reason is not null or (gene_role, pmids, details) is distinct from kept_link then raw end as raw,
  own_reason is null and rank_of_fact = 1 as is_first
from ranked;
