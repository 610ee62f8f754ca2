-- A PharmGKB pathway tells the role of each of its genes, and the object is repeated on all of them: each gene keeps its own role. What it
-- tells of a name that is no gene kept in that pathway (a drug, a family of genes, a gene in quarantine) is set aside once for each column.
-- Inputs: pharmgkb_pathway_facts, legacy_payloads, genes, gene_pathways.
insert into quarantine (migration_id, asset, transcript_id, gene_id, legacy_column, json_path, reason, raw_value, winner, fact_count)
with objects as (
  select distinct on (f.field, f.pathway_id, f.object_digest) f.pathway_id, f.field, f.path, f.gene_id, p.first_transcript_id,
    case f.field when 'drugs' then p.value #> array['pharmgkb_data', 'pathway_data'] else p.value end as pathways
  from pharmgkb_pathway_facts as f join legacy_payloads as p using (payload_id)
  where f.pathway_id is not null and (f.reason is null or f.reason = 'conflicting_value')
  order by f.field, f.pathway_id, f.object_digest, f.payload_id, f.path
),
roles as (
  select distinct on (o.field, o.pathway_id, r.name, r.said) o.*, r.name, r.said
  from objects as o
  cross join lateral jsonb_each(o.pathways) as b (key, body)
  cross join lateral jsonb_each(case when jsonb_typeof(body -> 'gene_roles') = 'object' then body -> 'gene_roles' else '{}' end) as r (name, said)
  where clean_text(b.key) = o.pathway_id
  order by o.field, o.pathway_id, r.name, r.said, o.path, o.gene_id
)
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), first_transcript_id, gene_id, field,
  path || '.gene_roles.' || name, 'unknown_member', said, null, 0
from roles
where not exists (
  select from genes as g join gene_pathways as l using (gene_id) where g.gene_symbol = roles.name and l.pathway_id = roles.pathway_id)
