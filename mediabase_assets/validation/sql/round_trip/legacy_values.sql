-- Grain: one row per gene, large legacy column and distinct value; the value is fetched once. n: legacy rows that hold it.
-- features and alt_transcript_ids are small and counted per row; what they say about the gene is here too.
-- Inputs: resolved, legacy_large; legacy_payloads for rows that changed since the snapshot. Left out: genes in quarantine
-- and values without any fact.

-- rows of one gene mostly hold the same values: they are counted by all of them together first
create unlogged table alike_rows as
select gene, go_terms, molecular_functions, cellular_location, product_type, pathways, drugs, uniprot_ids, ncbi_ids,
  refseq_ids, pdb_ids, alt_gene_ids, source_references, publications, pharmgkb_pathways, pharmgkb_variants,
  count(*) as n, min(transcript_id) as example, max(legacy_ctid) as any_ctid
from resolved where gene is not null and not is_gene_quarantined
group by gene, go_terms, molecular_functions, cellular_location, product_type, pathways, drugs, uniprot_ids, ncbi_ids,
  refseq_ids, pdb_ids, alt_gene_ids, source_references, publications, pharmgkb_pathways, pharmgkb_variants;
analyze alike_rows;

create unlogged table groups as
select v.field, a.gene, v.digest, sum(a.n)::integer as n, min(a.example) as example, max(a.any_ctid) as any_ctid
from alike_rows as a cross join unnest(
  array['go_terms', 'molecular_functions', 'cellular_location', 'product_type', 'pathways', 'drugs', 'uniprot_ids', 'ncbi_ids',
    'refseq_ids', 'pdb_ids', 'alt_gene_ids', 'source_references', 'publications', 'pharmgkb_pathways', 'pharmgkb_variants'],
  array[go_terms, molecular_functions, cellular_location, product_type, pathways, drugs, uniprot_ids, ncbi_ids,
    refseq_ids, pdb_ids, alt_gene_ids, source_references, publications, pharmgkb_pathways, pharmgkb_variants]) as v (field, digest)
where (v.digest <> md5('{}')::uuid or v.field = 'publications') and (v.digest <> md5('[]')::uuid or v.field <> 'publications')
group by 1, 2, 3;
analyze groups;

create unlogged table legacy_values as
select g.field, g.gene, g.digest, g.n, g.example,
  case g.field
    when 'go_terms' then to_jsonb(l.go_terms)
    when 'molecular_functions' then flat_json(l.molecular_functions)
    when 'cellular_location' then flat_json(l.cellular_location)
    when 'product_type' then flat_json(l.product_type)
    when 'pathways' then flat_json(l.pathways)
    when 'drugs' then to_jsonb(l.drugs)
    when 'uniprot_ids' then flat_json(l.uniprot_ids)
    when 'ncbi_ids' then flat_json(l.ncbi_ids)
    when 'refseq_ids' then flat_json(l.refseq_ids)
    when 'pdb_ids' then flat_json(l.pdb_ids)
    when 'alt_gene_ids' then to_jsonb(l.alt_gene_ids)
    when 'source_references' then to_jsonb(l.source_references)
    when 'publications' then to_jsonb(l.publications)
    when 'pharmgkb_pathways' then to_jsonb(l.pharmgkb_pathways)
    when 'pharmgkb_variants' then to_jsonb(l.pharmgkb_variants)
  end as value
from groups as g join legacy_large as l on l.legacy_ctid = g.any_ctid
union all
select 'features', gene, null, count(*)::integer, min(transcript_id), features from (
  select gene, transcript_id, case jsonb_typeof(features) when 'object' then features - array['TSL', 'annotation_level', 'annotation_tags',
    'gene_id_versioned', 'transcript_id_versioned'] else features end as features
  from resolved where gene is not null and not is_gene_quarantined) as f
where features <> '{}' group by gene, features
union all
select 'alt_transcript_ids', gene, null, count(*)::integer, min(transcript_id), ids from (
  select gene, transcript_id, case jsonb_typeof(alt_transcript_ids) when 'object'
    then alt_transcript_ids - array['transcript_name', 'CCDS', 'HAVANA', 'RefSeq_protein'] else alt_transcript_ids end as ids
  from resolved where gene is not null and not is_gene_quarantined) as a
where ids <> '{}' group by gene, ids;
analyze legacy_values;
