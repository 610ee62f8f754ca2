-- Refreshes the three views of pathways and drugs. As their owner, so that whoever may execute it needs no other privilege; and
-- concurrently, so that readers do not wait and see the old rows until all three are done. The owner of the function answers
-- for the search_path, which is fixed when it is created.
create or replace function refresh_pathway_drug_views() returns void
language plpgsql security definer set search_path from current
as $$
begin
  refresh materialized view concurrently pathway_gene_counts;
  refresh materialized view concurrently pathway_druggability;
  refresh materialized view concurrently drug_gene_summary;
  raise notice 'Refreshed pathway_gene_counts, pathway_druggability and drug_gene_summary';
end
$$
