-- Grain: one row per gene, large legacy column and distinct value; the value is fetched once. n: legacy rows that hold it.
-- features and alt_transcript_ids are small and counted per row; what they say about the gene is here too.
-- Inputs: resolved, legacy_source; legacy_payloads for rows that changed since the snapshot. Left out: genes in quarantine
-- and values without any fact.
create unlogged table groups as
select 'go_terms' as field, gene, go_terms as digest, count(*)::integer as n, min(transcript_id) as example, max(legacy_ctid) as any_ctid
from resolved where gene is not null and not is_gene_quarantined and go_terms is not null and go_terms <> md5('{}')::uuid group by gene, go_terms
union all
select 'molecular_functions' as field, gene, molecular_functions as digest, count(*)::integer as n, min(transcript_id) as example, max(legacy_ctid) as any_ctid
from resolved where gene is not null and not is_gene_quarantined and molecular_functions is not null and molecular_functions <> md5('{}')::uuid group by gene, molecular_functions
union all
select 'cellular_location' as field, gene, cellular_location as digest, count(*)::integer as n, min(transcript_id) as example, max(legacy_ctid) as any_ctid
from resolved where gene is not null and not is_gene_quarantined and cellular_location is not null and cellular_location <> md5('{}')::uuid group by gene, cellular_location
union all
select 'product_type' as field, gene, product_type as digest, count(*)::integer as n, min(transcript_id) as example, max(legacy_ctid) as any_ctid
from resolved where gene is not null and not is_gene_quarantined and product_type is not null and product_type <> md5('{}')::uuid group by gene, product_type
union all
select 'pathways' as field, gene, pathways as digest, count(*)::integer as n, min(transcript_id) as example, max(legacy_ctid) as any_ctid
from resolved where gene is not null and not is_gene_quarantined and pathways is not null and pathways <> md5('{}')::uuid group by gene, pathways
union all
select 'drugs' as field, gene, drugs as digest, count(*)::integer as n, min(transcript_id) as example, max(legacy_ctid) as any_ctid
from resolved where gene is not null and not is_gene_quarantined and drugs is not null and drugs <> md5('{}')::uuid group by gene, drugs
union all
select 'uniprot_ids' as field, gene, uniprot_ids as digest, count(*)::integer as n, min(transcript_id) as example, max(legacy_ctid) as any_ctid
from resolved where gene is not null and not is_gene_quarantined and uniprot_ids is not null and uniprot_ids <> md5('{}')::uuid group by gene, uniprot_ids
union all
select 'ncbi_ids' as field, gene, ncbi_ids as digest, count(*)::integer as n, min(transcript_id) as example, max(legacy_ctid) as any_ctid
from resolved where gene is not null and not is_gene_quarantined and ncbi_ids is not null and ncbi_ids <> md5('{}')::uuid group by gene, ncbi_ids
union all
select 'refseq_ids' as field, gene, refseq_ids as digest, count(*)::integer as n, min(transcript_id) as example, max(legacy_ctid) as any_ctid
from resolved where gene is not null and not is_gene_quarantined and refseq_ids is not null and refseq_ids <> md5('{}')::uuid group by gene, refseq_ids
union all
select 'pdb_ids' as field, gene, pdb_ids as digest, count(*)::integer as n, min(transcript_id) as example, max(legacy_ctid) as any_ctid
from resolved where gene is not null and not is_gene_quarantined and pdb_ids is not null and pdb_ids <> md5('{}')::uuid group by gene, pdb_ids
union all
select 'alt_gene_ids' as field, gene, alt_gene_ids as digest, count(*)::integer as n, min(transcript_id) as example, max(legacy_ctid) as any_ctid
from resolved where gene is not null and not is_gene_quarantined and alt_gene_ids is not null and alt_gene_ids <> md5('{}')::uuid group by gene, alt_gene_ids
union all
select 'source_references' as field, gene, source_references as digest, count(*)::integer as n, min(transcript_id) as example, max(legacy_ctid) as any_ctid
from resolved where gene is not null and not is_gene_quarantined and source_references is not null and source_references <> md5('{}')::uuid group by gene, source_references
union all
select 'publications' as field, gene, publications as digest, count(*)::integer as n, min(transcript_id) as example, max(legacy_ctid) as any_ctid
from resolved where gene is not null and not is_gene_quarantined and publications is not null and publications <> md5('[]')::uuid group by gene, publications
union all
select 'pharmgkb_pathways' as field, gene, pharmgkb_pathways as digest, count(*)::integer as n, min(transcript_id) as example, max(legacy_ctid) as any_ctid
from resolved where gene is not null and not is_gene_quarantined and pharmgkb_pathways is not null and pharmgkb_pathways <> md5('{}')::uuid group by gene, pharmgkb_pathways
union all
select 'pharmgkb_variants' as field, gene, pharmgkb_variants as digest, count(*)::integer as n, min(transcript_id) as example, max(legacy_ctid) as any_ctid
from resolved where gene is not null and not is_gene_quarantined and pharmgkb_variants is not null and pharmgkb_variants <> md5('{}')::uuid group by gene, pharmgkb_variants;
analyze groups;

create index on groups (any_ctid);

create unlogged table legacy_values as
select g.field, g.gene, g.digest, g.n, g.example,
  case g.field
    when 'go_terms' then to_jsonb(l.go_terms)
    when 'molecular_functions' then to_jsonb(l.molecular_functions)
    when 'cellular_location' then to_jsonb(l.cellular_location)
    when 'product_type' then to_jsonb(l.product_type)
    when 'pathways' then to_jsonb(l.pathways)
    when 'drugs' then to_jsonb(l.drugs)
    when 'uniprot_ids' then to_jsonb(l.uniprot_ids)
    when 'ncbi_ids' then to_jsonb(l.ncbi_ids)
    when 'refseq_ids' then to_jsonb(l.refseq_ids)
    when 'pdb_ids' then to_jsonb(l.pdb_ids)
    when 'alt_gene_ids' then to_jsonb(l.alt_gene_ids)
    when 'source_references' then to_jsonb(l.source_references)
    when 'publications' then to_jsonb(l.publications)
    when 'pharmgkb_pathways' then to_jsonb(l.pharmgkb_pathways)
    when 'pharmgkb_variants' then to_jsonb(l.pharmgkb_variants)
  end as value
from groups as g join legacy_source as l on l.legacy_ctid = g.any_ctid
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
