-- The assets that a run builds now, with what their sessions do on the server at this moment.
select m.asset, extract(epoch from clock_timestamp() - m.started_at)::double precision as seconds, m.cpu_seconds, m.peak_memory_bytes,
  (select count(*) from pg_stat_activity as a where a.datname = current_database() and a.state = 'active'
     and a.application_name = left('mediabase ' || m.asset, 63))::integer as active_sessions,
  (select string_agg(distinct a.wait_event_type || ': ' || a.wait_event, ', ') from pg_stat_activity as a
   where a.datname = current_database() and a.state = 'active' and a.application_name = left('mediabase ' || m.asset, 63)) as waits
from stage_metrics as m where m.run_id = %s and m.status = 'running' order by m.started_at, m.asset
