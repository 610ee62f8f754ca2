-- What changes with a row that was changed: how it names its gene, and the digests of the parts of its objects. Inputs: legacy_rows,
-- legacy_curation. The digest of a part is made of its content, so that rows which now say the same are one value.
update legacy_rows as r set
  identity = md5(row(r.gene_id, r.gene_symbol, case when jsonb_typeof(r.features) = 'object' then r.features ->> 'gene_id_versioned' end,
    r.alternative_gene_id)::text)::uuid,
  feature_gene_id = case when jsonb_typeof(r.features) = 'object' then r.features ->> 'gene_id_versioned' end,
  feature_pathways = md5(nullif(case when jsonb_typeof(r.features) = 'object' then r.features -> 'pathways' end, '{}')::text)::uuid,
  other_features = md5(nullif(case when jsonb_typeof(r.features) = 'object' then r.features - array['pathways', 'TSL', 'annotation_level',
    'annotation_tags', 'gene_id_versioned', 'transcript_id_versioned'] else r.features end, '{}')::text)::uuid,
  gene_transcript_ids = md5(nullif(case when jsonb_typeof(r.alt_transcript_ids) = 'object' then r.alt_transcript_ids - array['transcript_name', 'CCDS',
    'HAVANA', 'RefSeq_protein'] else r.alt_transcript_ids end, '{}')::text)::uuid
where r.row_digest in (select row_digest from legacy_curation where payload_id is null and operation <> 'row');
