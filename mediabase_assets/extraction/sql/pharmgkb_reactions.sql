-- Grain: one row per distinct reaction of a PharmGKB pathway. A pathway object is repeated on each of its genes, with the
-- order of controller genes at random: reactions are compared with their lists sorted. n: how often it was read.
-- Inputs: pharmgkb_pathway_facts, gene_payloads.
create unlogged table pharmgkb_reactions as
with objects as materialized (
  select pathway_id, object_digest, sum(n) as n, min(payload_id) as payload_id
  from pharmgkb_pathway_facts
  where pathway_id is not null and (reason is null or reason = 'conflicting_value')
  group by pathway_id, object_digest
),
bodies as materialized (
  select distinct on (f.pathway_id, f.object_digest) f.pathway_id, f.object_digest, o.n,
    case f.field when 'drugs' then p.value -> 'pharmgkb_data' -> 'pathway_data' -> f.legacy_key else p.value -> f.legacy_key end as body
  from objects as o
  join pharmgkb_pathway_facts as f using (pathway_id, object_digest, payload_id)
  join gene_payloads as p using (payload_id)
  order by f.pathway_id, f.object_digest, f.field, f.path collate "C"
),
entries as (
  select b.pathway_id, b.object_digest, b.n, position, reaction as raw, object_of(reaction) as v
  from bodies as b
  cross join jsonb_array_elements(json_members(object_of(body) -> 'reactions')) with ordinality as r (reaction, position)
),
typed as materialized (
  select
    pathway_id, n, position, raw,
    json_text(v -> 'from') as from_entity, json_text(v -> 'to') as to_entity, json_text(v -> 'reaction_type') as reaction_type,
    json_text(v -> 'control_type') as control_type, json_text(v -> 'cell_type') as cell_type,
    coalesce(json_text_array(v -> 'controller_genes'), '{}') as controller_genes, coalesce(json_text_array(v -> 'drugs'), '{}') as drugs,
    coalesce(json_text_array(v -> 'diseases'), '{}') as diseases,
    coalesce((select array_agg(distinct p collate "C" order by p collate "C")
      from unnest(json_text_array(v -> 'pmids')) as t (pmid) cross join lateral pubmed_id(pmid) as p where p is not null), '{}') as pmids,
    json_text(v -> 'summary') as summary,
    case when jsonb_typeof(raw) <> 'object' then 'not_an_object' end as reason
  from entries
),
grouped as (
  select
    pathway_id, from_entity, to_entity, reaction_type, control_type, cell_type, controller_genes, drugs, diseases, pmids, summary, reason,
    case when reason is not null then raw end as raw,
    min(position) as first_position, sum(n)::bigint as n, count(*) filter (where reason is null) as n_read
  from typed
  group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
)
select
  (row_number() over (partition by pathway_id, reason order by first_position, md5(row(from_entity, to_entity, reaction_type, control_type,
    cell_type, controller_genes, drugs, diseases, pmids, summary)::text)))::integer as reaction_index,
  grouped.*
from grouped;
