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
  nullif(go_terms__md5, md5('{}'))::uuid as go_terms,
  nullif(molecular_functions__md5, md5('{}'))::uuid as molecular_functions,
  nullif(cellular_location__md5, md5('{}'))::uuid as cellular_location,
  nullif(product_type__md5, md5('{}'))::uuid as product_type,
  nullif(pathways__md5, md5('{}'))::uuid as pathways,
  nullif(drugs__md5, md5('{}'))::uuid as drugs,
  nullif(uniprot_ids__md5, md5('{}'))::uuid as uniprot_ids,
  nullif(ncbi_ids__md5, md5('{}'))::uuid as ncbi_ids,
  nullif(refseq_ids__md5, md5('{}'))::uuid as refseq_ids,
  nullif(pdb_ids__md5, md5('{}'))::uuid as pdb_ids,
  nullif(alt_gene_ids__md5, md5('{}'))::uuid as alt_gene_ids,
  nullif(source_references__md5, md5('{}'))::uuid as source_references,
  nullif(publications__md5, md5('[]'))::uuid as publications,
  nullif(pharmgkb_pathways__md5, md5('{}'))::uuid as pharmgkb_pathways,
  nullif(pharmgkb_variants__md5, md5('{}'))::uuid as pharmgkb_variants,
  md5(nullif(case when jsonb_typeof(features) = 'object' then features -> 'pathways' end, '{}')::text)::uuid as feature_pathways,
  md5(nullif(case when jsonb_typeof(features) = 'object' then features - array['pathways', 'TSL', 'annotation_level',
    'annotation_tags', 'gene_id_versioned', 'transcript_id_versioned'] else features end, '{}')::text)::uuid as other_features,
  md5(nullif(case when jsonb_typeof(alt_transcript_ids) = 'object' then alt_transcript_ids - array['transcript_name', 'CCDS',
    'HAVANA', 'RefSeq_protein'] else alt_transcript_ids end, '{}')::text)::uuid as gene_transcript_ids,
  legacy_ctid,
  row_digest
from legacy_source
order by transcript_id collate "C";
