-- The server at a moment: counters of the database, position in the WAL, sessions of this role that are ours.
select d.temp_bytes, d.blks_hit, d.blks_read,
  case when not pg_is_in_recovery() then pg_current_wal_lsn() - '0/0' end as wal_bytes,
  (select json_agg(json_build_array(a.pid, coalesce(a.leader_pid, a.pid), a.application_name, a.state = 'active',
            coalesce(a.wait_event_type = any(%s::text[]), false)) order by a.pid)
   from pg_stat_activity as a
   where a.datname = current_database() and a.usename = current_user and a.pid <> pg_backend_pid()
     and a.application_name like 'mediabase %%' and a.state is not null) as sessions
from pg_stat_database as d where d.datname = current_database()
