-- Grain: one row per pathway that a gene is said to be in, by string (`name [Reactome:R-HSA-1]`) or by features.pathways.
-- Rules: the last bracket group is the id (reactome_pathway); a bare id is a pathway whose name other rows may tell; what names
-- no Reactome stable id is quarantined. Ids of other species are kept and told by `species`. features.pathways may be a list of
-- texts or of objects with an id.
-- Inputs: gene_payloads.
create unlogged table pathway_facts as
with entries as materialized (
  select payload_id, gene_id, field, n, '$[' || (position - 1) || ']' as path, e as raw, json_text(e) as entry, null as name, null as url
  from gene_payloads cross join jsonb_array_elements(value) with ordinality as m (e, position)
  where reason is null and field = 'pathways'
  union all
  select payload_id, gene_id, field, n, '$.pathways.' || key, e, key, json_text(object_of(e) -> 'name'), json_text(object_of(e) -> 'url')
  from gene_payloads cross join jsonb_each(object_of(value)) as m (key, e)
  where reason is null and field = 'features.pathways'
  union all
  select payload_id, gene_id, field, n, '$.pathways[' || (position - 1) || ']', e,
    coalesce(json_text(e), json_text(object_of(e) -> 'id'), json_text(object_of(e) -> 'pathway_id'), json_text(object_of(e) -> 'stId')),
    json_text(object_of(e) -> 'name'), json_text(object_of(e) -> 'url')
  from gene_payloads cross join jsonb_array_elements(json_members(value)) with ordinality as m (e, position)
  where reason is null and field = 'features.pathways'
  union all
  select payload_id, gene_id, field, n, '$.pathways', value, null, null, null
  from gene_payloads
  where reason is null and field = 'features.pathways' and jsonb_typeof(value) not in ('object', 'array')
),
-- thousands of genes share an entry: each is read once
read as (
  select entry, reactome_pathway(entry) as found
  from (select distinct entry from entries) as d
  offset 0
),
matched as (
  select * from entries left join read using (entry)
),
typed as materialized (
  select
    payload_id, gene_id, field, path, n, raw,
    found[1] collate "C" as pathway_id,
    (case when octet_length(coalesce(found[2], name)) <= 2000 then coalesce(found[2], name) end) collate "C" as pathway_name,
    url,
    case
      when entry is null and jsonb_typeof(raw) = 'object' and field = 'features.pathways' then 'missing_identifier'
      when entry is null and field = 'features.pathways' then 'not_an_object'
      when entry is null and jsonb_typeof(raw) in ('array', 'object') then 'unexpected_kind'
      when entry is null then 'blank_value'
      when octet_length(entry) > 2000 then 'value_too_long'
      when found is null then 'pathway_unparsable'
    end as reason,
    array_remove(array[
      case when found[2] is null and name is null and field = 'pathways' then 'pathway_bare_id' end,
      case when found[3] is not null then 'pathway_id_format' end,
      case when path like '$.pathways[%' then 'array_salvaged' end,
      case when raw #>> '{}' <> entry and field = 'pathways' then 'white_space' end
    ], null) as repairs
  from matched
),
told as (
  select pathway_id, pathway_name, sum(n) as n from typed where reason is null and pathway_name is not null group by 1, 2
),
chosen as (
  select distinct on (pathway_id) pathway_id, pathway_name as kept_name from told order by pathway_id, n desc, pathway_name
)
select
  payload_id, gene_id, field, path, n, pathway_id, pathway_name, kept_name, 'Reactome' as pathway_source, url, reason,
  case when reason is null then repairs || case when pathway_name <> kept_name then array['pathway_name_differs'] else '{}' end else '{}' end as repairs,
  null::text as winner,
  case when reason is not null or repairs <> '{}' or pathway_name <> kept_name then raw end as raw,
  reason is null and row_number() over (
    partition by gene_id, pathway_id, reason order by (repairs <> '{}' or pathway_name is distinct from kept_name), field desc, payload_id, path collate "C") = 1 as is_first
from typed
left join chosen using (pathway_id);
