-- Selects every number of cancer_transcript_base_compat that differs from the tables; its values are compared with the legacy
-- table, fact by fact, by validation/round_trip.
select what, of_the_view, of_the_tables
from (
  select 'transcripts' as what, (select count(*) from cancer_transcript_base_compat) as of_the_view, (select count(*) from transcripts) as of_the_tables
  union all
  select 'transcripts of their own gene', (select count(*) from cancer_transcript_base_compat join transcripts using (transcript_id, gene_id)),
    (select count(*) from transcripts)
) as totals
where of_the_view <> of_the_tables
