-- The parts of objects of rows that were changed, which the legacy table does not hold as they are now. Inputs: legacy_rows,
-- legacy_curation, legacy_payloads.
update legacy_payloads as p set value = r.value
from (
  select distinct on (v.field, c.identity, v.digest) v.field, c.identity, v.digest, v.value
  from (
    select r.* from legacy_rows as r
    where r.row_digest in (select row_digest from legacy_curation where legacy_column in ('features', 'alt_transcript_ids') and operation <> 'row')) as c
  cross join lateral (values
    ('features.pathways', c.feature_pathways, c.features -> 'pathways'),
    ('features', c.other_features, case when jsonb_typeof(c.features) = 'object' then c.features - array['pathways', 'TSL', 'annotation_level',
      'annotation_tags', 'gene_id_versioned', 'transcript_id_versioned'] else c.features end),
    ('alt_transcript_ids', c.gene_transcript_ids, case when jsonb_typeof(c.alt_transcript_ids) = 'object' then c.alt_transcript_ids
      - array['transcript_name', 'CCDS', 'HAVANA', 'RefSeq_protein'] else c.alt_transcript_ids end)
  ) as v (field, digest, value)
  where v.digest is not null
  order by v.field, c.identity, v.digest) as r
where p.field = r.field and p.identity = r.identity and p.digest = r.digest and p.value is distinct from r.value;
