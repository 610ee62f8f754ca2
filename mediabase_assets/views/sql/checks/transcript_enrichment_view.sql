-- Selects every number of transcript_enrichment_view that differs from the tables.
select what, of_the_view, of_the_tables
from (
  select 'transcripts' as what, (select count(*) from transcript_enrichment_view) as of_the_view, (select count(*) from transcripts) as of_the_tables
  union all
  select 'transcripts of their own gene', (select count(*) from transcript_enrichment_view join transcripts using (transcript_id, gene_id)),
    (select count(*) from transcripts)
  union all
  select 'GO annotations', (select sum(jsonb_array_length(go_annotations)) from transcript_enrichment_view),
    (select coalesce(sum(n), 0) from (select go_set_id, count(*) as n from go_term_set_members
      where coalesce(qualifier !~ '^NOT(\||$)', true) group by go_set_id) as m
      join transcripts using (go_set_id))
  union all
  select 'denied GO annotations', (select sum(jsonb_array_length(denied_go_annotations)) from transcript_enrichment_view),
    (select count(*) from go_term_set_members join transcripts using (go_set_id) where qualifier ~ '^NOT(\||$)')
  union all
  select 'products', (select sum(jsonb_array_length(products)) from transcript_enrichment_view), (select count(*) from transcript_products)
  union all
  select 'upregulated', (select count(*) from transcript_enrichment_view where expression_status = 'upregulated'),
    (select count(*) from transcripts where expression_fold_change > 2)
  union all
  select 'downregulated', (select count(*) from transcript_enrichment_view where expression_status = 'downregulated'),
    (select count(*) from transcripts where expression_fold_change < 0.5)
  union all
  select 'without a fold change', (select count(*) from transcript_enrichment_view where expression_status is null),
    (select count(*) from transcripts where expression_fold_change is null)
) as totals
where coalesce(of_the_view, 0) <> coalesce(of_the_tables, 0)
