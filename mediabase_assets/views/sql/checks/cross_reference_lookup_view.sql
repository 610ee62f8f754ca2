-- Selects every number of cross_reference_lookup_view that differs from the tables.
select what, of_the_view, of_the_tables
from (
  select 'identifiers' as what, (select count(*) from cross_reference_lookup_view) as of_the_view,
    (select count(*) from gene_cross_references) as of_the_tables
  union all
  select 'identifiers under their authority',
    (select count(*) from cross_reference_lookup_view as v
      join gene_cross_references as r on r.gene_id = v.gene_id and r.external_db = v.database_name and r.external_id = v.external_id),
    (select count(*) from gene_cross_references)
  union all
  select v.what, v.shown, (select coalesce(sum(n), 0) from (select gene_id, count(*) as n from transcripts group by gene_id) as t
    join gene_cross_references using (gene_id))
  from (select sum(transcript_count) as counted, sum(cardinality(transcript_ids)) as ids from cross_reference_lookup_view) as s
  cross join lateral (values ('transcripts', counted), ('transcript ids', ids)) as v (what, shown)
) as totals
where coalesce(of_the_view, 0) <> of_the_tables
