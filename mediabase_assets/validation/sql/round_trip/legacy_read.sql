-- Grain: one row per legacy row as it is now, in one parallel pass: small values, and a digest of each large one.
-- Inputs: legacy_source, a temporary view of the legacy table in which absent columns are NULL.
create unlogged table legacy_read as
select transcript_id, gene_symbol, gene_id, gene_type, chromosome, coordinates, expression_fold_change, features, alt_transcript_ids,
  object(features) ->> 'gene_id_versioned' as feature_gene_id, object(alt_gene_ids) ->> 'Ensembl' as alternative_gene_id,
  go_terms__md5::uuid as go_terms, molecular_functions__md5::uuid as molecular_functions, cellular_location__md5::uuid as cellular_location,
  product_type__md5::uuid as product_type, pathways__md5::uuid as pathways, drugs__md5::uuid as drugs, uniprot_ids__md5::uuid as uniprot_ids,
  ncbi_ids__md5::uuid as ncbi_ids, refseq_ids__md5::uuid as refseq_ids, pdb_ids__md5::uuid as pdb_ids, alt_gene_ids__md5::uuid as alt_gene_ids,
  source_references__md5::uuid as source_references, publications__md5::uuid as publications, pharmgkb_pathways__md5::uuid as pharmgkb_pathways,
  pharmgkb_variants__md5::uuid as pharmgkb_variants,
  legacy_ctid, row_digest, false as is_from_snapshot
from legacy_source;
analyze legacy_read;
