-- A PharmGKB pathway object is repeated on each of its genes, and copies may differ. Each gene keeps its own role of it, the pathway one
-- name, type, focus and relevance: what most copies say. What the tables do not show of the others is set aside, once for each column:
-- roles of names that are no gene kept in that pathway (a drug, a family, a gene in quarantine), and what another copy says otherwise.
-- Inputs: pharmgkb_pathway_facts, legacy_payloads, genes, gene_pathways, pathways.
insert into quarantine (migration_id, asset, transcript_id, gene_id, legacy_column, json_path, reason, raw_value, winner, fact_count)
with objects as (
  select distinct on (f.field, f.pathway_id, f.object_digest) f.pathway_id, f.field, f.path, f.gene_id, p.first_transcript_id,
    case f.field when 'drugs' then p.value #> array['pharmgkb_data', 'pathway_data'] else p.value end as pathways
  from pharmgkb_pathway_facts as f join legacy_payloads as p using (payload_id)
  where f.pathway_id is not null and (f.reason is null or f.reason = 'conflicting_value')
  order by f.field, f.pathway_id, f.object_digest, f.payload_id, f.path collate "C"
),
bodies as (
  select o.pathway_id, o.field, o.path, o.gene_id, o.first_transcript_id, object_of(b.body) as body
  from objects as o cross join lateral jsonb_each(object_of(o.pathways)) as b (key, body)
  where clean_text(b.key) = o.pathway_id
),
said as (
  select b.*, '.gene_roles.' || r.name as place, r.said as value,
    case
      when l.gene_id is null then 'unknown_member'
      when l.gene_role is distinct from json_text(object_of(r.said) -> 'role')
        or l.details is distinct from nullif(object_of(r.said) - 'role', '{}') then 'conflicting_value'
    end as reason
  from bodies as b
  cross join lateral jsonb_each(object_of(b.body -> 'gene_roles')) as r (name, said)
  left join genes as g on g.gene_symbol = r.name
  left join gene_pathways as l on l.gene_id = g.gene_id and l.pathway_id = b.pathway_id and l.pathway_source = 'PharmGKB'
  union all
  select b.*, '.' || a.key, b.body -> a.key, 'conflicting_value'
  from bodies as b
  join pathways as p using (pathway_id)
  cross join lateral (values
    ('pathway_name', p.pathway_name), ('pathway_type', p.pathway_category), ('drug_focus', p.drug_focus)) as a (key, shown)
  where json_text(b.body -> a.key) <> coalesce(a.shown, '') and lower_case(json_text(b.body -> a.key)) <> 'unknown'
  union all
  select b.*, '.clinical_relevance', b.body -> 'clinical_relevance', 'conflicting_value'
  from bodies as b join pathways as p using (pathway_id)
  where jsonb_typeof(b.body -> 'clinical_relevance') = 'object' and b.body -> 'clinical_relevance' is distinct from p.clinical_relevance
),
once as (
  select distinct on (field, pathway_id, place, value) * from said where reason is not null
  order by field, pathway_id, place, value, path collate "C", gene_id
)
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), first_transcript_id, gene_id, field,
  path || place, reason, value, case reason when 'conflicting_value' then pathway_id end, 0
from once
