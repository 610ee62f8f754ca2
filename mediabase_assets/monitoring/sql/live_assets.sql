-- The assets that a run builds now, with what their sessions do on the server at this moment.
with named as (
  select m.*, case m.asset when 'backup/legacy_backup' then 'mediabase backup'
      when 'legacy/cancer_transcript_base' then 'mediabase prerequisites'
      when 'validation/query_benchmark' then 'mediabase query benchmark'
      else left('mediabase ' || m.asset, 63) end as session_name
  from stage_metrics as m where m.run_id = %s and m.status = 'running'
)
select m.asset, extract(epoch from clock_timestamp() - m.started_at)::double precision as seconds, m.cpu_seconds, m.peak_memory_bytes,
  (select count(*) from pg_stat_activity as a where a.datname = current_database() and a.state = 'active'
     and a.application_name = m.session_name)::integer as active_sessions,
  (select string_agg(distinct a.wait_event_type || ': ' || a.wait_event, ', ') from pg_stat_activity as a
   where a.datname = current_database() and a.state = 'active' and a.application_name = m.session_name) as waits
from named as m order by m.started_at, m.asset
