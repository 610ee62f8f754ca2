select 'source_references' as field, 'publication cited' as fact_kind, false as is_primary, n, '{}'::text[] as repairs, null::text as reason,
  row_number() over (partition by publication_id order by source, payload_id, path) = 1 as is_first
from (
  select publication_id, n, 1 as source, payload_id, path from reference_facts where reason is null
  union all
  select pmid::bigint, n, 2, reaction_index, pathway_id from pharmgkb_reactions cross join unnest(pmids) as pmid where reason is null
  union all
  select pmid::bigint, n, 3, payload_id, path from pharmgkb_annotation_facts cross join unnest(pmids) as pmid where reason is null
  union all
  select pmid::bigint, n, 4, payload_id, path from go_facts cross join unnest(pmids) as pmid where reason is null
) as mentions
