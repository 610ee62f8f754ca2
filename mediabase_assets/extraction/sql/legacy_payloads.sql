-- Grain: one row per identity (gene as the legacy row names it), large column and distinct value.
-- The value is fetched once, from any of the rows that hold it (they are equal to the byte), in the same snapshot.
-- field: the legacy column; `features` without what transcript_candidates reads and without its pathways, which are
-- `features.pathways`; `alt_transcript_ids` without the ids of the transcript itself (what is left are ids of the gene).
-- flattened_from: an array of several dimensions as PostgreSQL writes it; its members are read in their order.
-- Inputs: legacy_rows, legacy_source. Left out: empty values, which hold no fact.
create unlogged table legacy_payloads as
with groups (field, identity, digest, n_rows, first_transcript_id, any_ctid) as (
  select 'go_terms', identity, go_terms, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where go_terms is not null group by identity, go_terms
  union all
  select 'molecular_functions', identity, molecular_functions, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where molecular_functions is not null group by identity, molecular_functions
  union all
  select 'cellular_location', identity, cellular_location, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where cellular_location is not null group by identity, cellular_location
  union all
  select 'product_type', identity, product_type, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where product_type is not null group by identity, product_type
  union all
  select 'pathways', identity, pathways, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where pathways is not null group by identity, pathways
  union all
  select 'drugs', identity, drugs, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where drugs is not null group by identity, drugs
  union all
  select 'uniprot_ids', identity, uniprot_ids, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where uniprot_ids is not null group by identity, uniprot_ids
  union all
  select 'ncbi_ids', identity, ncbi_ids, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where ncbi_ids is not null group by identity, ncbi_ids
  union all
  select 'refseq_ids', identity, refseq_ids, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where refseq_ids is not null group by identity, refseq_ids
  union all
  select 'pdb_ids', identity, pdb_ids, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where pdb_ids is not null group by identity, pdb_ids
  union all
  select 'alt_gene_ids', identity, alt_gene_ids, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where alt_gene_ids is not null group by identity, alt_gene_ids
  union all
  select 'source_references', identity, source_references, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where source_references is not null group by identity, source_references
  union all
  select 'publications', identity, publications, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where publications is not null group by identity, publications
  union all
  select 'pharmgkb_pathways', identity, pharmgkb_pathways, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where pharmgkb_pathways is not null group by identity, pharmgkb_pathways
  union all
  select 'pharmgkb_variants', identity, pharmgkb_variants, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where pharmgkb_variants is not null group by identity, pharmgkb_variants
  union all
  select 'features.pathways', identity, feature_pathways, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where feature_pathways is not null group by identity, feature_pathways
  union all
  select 'features', identity, other_features, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where other_features is not null group by identity, other_features
  union all
  select 'alt_transcript_ids', identity, gene_transcript_ids, count(*), min(transcript_id), min(legacy_ctid) from legacy_rows where gene_transcript_ids is not null group by identity, gene_transcript_ids
),
numbered as (
  select row_number() over (order by field collate "C", identity, digest) as payload_id, * from groups
)
select
  g.payload_id, g.field collate "C" as field, g.identity, g.digest, g.n_rows::integer as n_rows, g.first_transcript_id,
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
    when 'features.pathways' then l.features -> 'pathways'
    when 'features' then case when jsonb_typeof(l.features) = 'object' then l.features - array['pathways', 'TSL',
      'annotation_level', 'annotation_tags', 'gene_id_versioned', 'transcript_id_versioned'] else l.features end
    when 'alt_transcript_ids' then case when jsonb_typeof(l.alt_transcript_ids) = 'object'
      then l.alt_transcript_ids - array['transcript_name', 'CCDS', 'HAVANA', 'RefSeq_protein'] else l.alt_transcript_ids end
  end as value,
  case g.field
    when 'molecular_functions' then case when array_ndims(l.molecular_functions) > 1 then l.molecular_functions::text end
    when 'cellular_location' then case when array_ndims(l.cellular_location) > 1 then l.cellular_location::text end
    when 'product_type' then case when array_ndims(l.product_type) > 1 then l.product_type::text end
    when 'pathways' then case when array_ndims(l.pathways) > 1 then l.pathways::text end
    when 'uniprot_ids' then case when array_ndims(l.uniprot_ids) > 1 then l.uniprot_ids::text end
    when 'ncbi_ids' then case when array_ndims(l.ncbi_ids) > 1 then l.ncbi_ids::text end
    when 'refseq_ids' then case when array_ndims(l.refseq_ids) > 1 then l.refseq_ids::text end
    when 'pdb_ids' then case when array_ndims(l.pdb_ids) > 1 then l.pdb_ids::text end
  end as flattened_from
from numbered as g
join legacy_source as l on l.legacy_ctid = g.any_ctid;
