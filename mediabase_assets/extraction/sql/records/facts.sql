-- What a fact relation (here: the temporary view `facts`) put into quarantine or repaired. A repair that recurs inside one
-- value of a gene is one row, with the raw values by path.
insert into quarantine (
  migration_id, asset, transcript_id, gene_id, legacy_column, json_path, reason, raw_value, winner, fact_count)
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), p.first_transcript_id, f.gene_id,
  split_part(f.field, '.', 1), f.path, f.reason, f.raw, f.winner, f.n
from facts as f
left join legacy_payloads as p using (payload_id)
where f.reason is not null;

insert into repairs (
  migration_id, asset, transcript_id, gene_id, legacy_column, json_path, reason, raw_value, fact_count)
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), p.first_transcript_id, f.gene_id,
  split_part(f.field, '.', 1), case when count(*) = 1 then min(f.path) else '$' end, code,
  case when count(*) = 1 then (array_agg(f.raw))[1] else jsonb_object_agg(f.path, f.raw) end, sum(f.n)
from facts as f
cross join unnest(f.repairs) as code
left join legacy_payloads as p using (payload_id)
where f.reason is null
group by f.payload_id, p.first_transcript_id, f.gene_id, split_part(f.field, '.', 1), code;
