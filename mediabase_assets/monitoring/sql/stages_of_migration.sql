-- A migration by stages: outcome, time and rows from the journal, the rest where it was measured. Assets that were kept are left out.
select s.stage, case when bool_or(s.status = 'failed') then 'failed' when bool_or(s.status = 'running') then 'running' else 'completed' end as status,
  count(*)::integer as assets, sum(s.seconds) as wall_seconds,
  extract(epoch from max(s.finished_at) - min(s.started_at))::double precision as span_seconds, sum(m.busy_seconds) as busy_seconds,
  sum(s.row_count)::bigint as records_processed,
  (select coalesce(sum(q.facts), 0) from reason_account as q join migration_stages as j using (migration_id, asset)
   where q.migration_id = %(migration)s and q.outcome = 'quarantined' and j.stage = s.stage and j.status <> 'kept')::bigint as records_failed,
  max(m.peak_memory_bytes) as peak_memory_bytes, sum(m.cpu_seconds) as cpu_seconds, sum(m.active_seconds) as active_seconds,
  sum(m.temp_bytes)::bigint as temp_bytes, sum(m.wal_bytes)::bigint as wal_bytes,
  round(100.0 * sum(m.blocks_hit) / nullif(sum(m.blocks_hit + m.blocks_read), 0), 2)::double precision as cache_hit_percent,
  coalesce(sum(m.warnings), 0)::integer as warnings,
  greatest(coalesce(sum(m.errors), 0), count(*) filter (where s.status = 'failed'))::integer as errors
from migration_stages as s left join stage_metrics as m using (migration_id, asset)
where s.migration_id = %(migration)s and s.status <> 'kept'
group by s.stage order by s.stage
