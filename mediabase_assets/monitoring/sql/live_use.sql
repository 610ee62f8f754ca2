-- What a run uses now: the newest sample of each of its processes, and what it has built so far.
with newest as (
  select distinct on (host, process_id) memory_bytes, cpu_percent, machine_cpu_percent, memory_available_bytes, sessions, active_sessions,
    temp_bytes, wal_bytes, cache_hit_percent, disk_free_bytes
  from samples where run_id = %(run)s and sampled_at > now() - make_interval(secs => %(seconds)s)
  order by host, process_id, number desc
)
select count(*)::integer as processes, sum(memory_bytes)::bigint as memory_bytes, sum(cpu_percent) as cpu_percent,
  max(machine_cpu_percent) as machine_cpu_percent, min(memory_available_bytes) as memory_available_bytes,
  max(sessions) as sessions, max(active_sessions) as active_sessions, max(temp_bytes) as temp_bytes, max(wal_bytes) as wal_bytes,
  min(cache_hit_percent) as cache_hit_percent, min(disk_free_bytes) as disk_free_bytes,
  (select sum(row_count)::bigint from stage_metrics where run_id = %(run)s) as rows,
  (select sum(row_count) / nullif(extract(epoch from max(finished_at) - min(started_at)), 0) from stage_metrics
   where run_id = %(run)s and finished_at is not null)::double precision as rows_per_second
from newest
