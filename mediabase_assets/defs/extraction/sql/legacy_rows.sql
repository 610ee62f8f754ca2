-- Grain: one row per legacy row. Everything that belongs to a transcript, and one 128-bit digest per large column.
-- identity: digest of all that can name the gene; rows of one identity are rows of one gene.
-- Input: legacy_source, a temporary view of the legacy table in which absent columns are NULL, in one snapshot.
-- Left out: the large values themselves (legacy_payloads) and the archived columns (only their presence is counted).
create unlogged table legacy_rows as
select
  md5(row(
    gene_id, gene_symbol, case when jsonb_typeof(features) = 'object' then features ->> 'gene_id_versioned' end,
    case when jsonb_typeof(alt_gene_ids) = 'object' then alt_gene_ids ->> 'Ensembl' end)::text)::uuid as identity,
  transcript_id collate "C" as transcript_id,
  gene_symbol collate "C" as gene_symbol,
  gene_id collate "C" as gene_id,
  gene_type collate "C" as gene_type,
  chromosome collate "C" as chromosome,
  coordinates, expression_fold_change, features, alt_transcript_ids,
  (case when jsonb_typeof(features) = 'object' then features ->> 'gene_id_versioned' end) collate "C" as feature_gene_id,
  (case when jsonb_typeof(alt_gene_ids) = 'object' then alt_gene_ids ->> 'Ensembl' end) collate "C" as alternative_gene_id,
  md5(nullif(go_terms, '{}')::text)::uuid as go_terms,
  md5(nullif(molecular_functions, '{}')::text)::uuid as molecular_functions,
  md5(nullif(cellular_location, '{}')::text)::uuid as cellular_location,
  md5(nullif(product_type, '{}')::text)::uuid as product_type,
  md5(nullif(pathways, '{}')::text)::uuid as pathways,
  md5(nullif(drugs, '{}')::text)::uuid as drugs,
  md5(nullif(uniprot_ids, '{}')::text)::uuid as uniprot_ids,
  md5(nullif(ncbi_ids, '{}')::text)::uuid as ncbi_ids,
  md5(nullif(refseq_ids, '{}')::text)::uuid as refseq_ids,
  md5(nullif(pdb_ids, '{}')::text)::uuid as pdb_ids,
  md5(nullif(alt_gene_ids, '{}')::text)::uuid as alt_gene_ids,
  md5(nullif(source_references, '{}')::text)::uuid as source_references,
  md5(nullif(publications, '[]')::text)::uuid as publications,
  md5(nullif(pharmgkb_pathways, '{}')::text)::uuid as pharmgkb_pathways,
  md5(nullif(pharmgkb_variants, '{}')::text)::uuid as pharmgkb_variants,
  md5(nullif(case when jsonb_typeof(features) = 'object' then features -> 'pathways' end, '{}')::text)::uuid as feature_pathways,
  md5(nullif(case when jsonb_typeof(features) = 'object' then features - array['pathways', 'TSL', 'annotation_level',
    'annotation_tags', 'gene_id_versioned', 'transcript_id_versioned'] else features end, '{}')::text)::uuid as other_features,
  md5(nullif(case when jsonb_typeof(alt_transcript_ids) = 'object' then alt_transcript_ids - array['transcript_name', 'CCDS',
    'HAVANA', 'RefSeq_protein'] else alt_transcript_ids end, '{}')::text)::uuid as gene_transcript_ids,
  legacy_ctid,
  row_digest
from legacy_source
order by transcript_id collate "C";
