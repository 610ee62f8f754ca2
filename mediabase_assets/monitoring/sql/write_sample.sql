insert into samples (run_id, host, process_id, number, migration_id, sampled_at, seconds, memory_bytes, memory_available_bytes, cpu_percent,
  machine_cpu_percent, sessions, active_sessions, temp_bytes, wal_bytes, cache_hit_percent, disk_free_bytes, running)
values (%(run)s, %(host)s, %(process)s, %(number)s, %(migration)s, %(sampled_at)s, %(seconds)s, %(memory_bytes)s,
  %(memory_available_bytes)s, %(cpu_percent)s, %(machine_cpu_percent)s, %(sessions)s, %(active_sessions)s, %(temp_bytes)s, %(wal_bytes)s,
  %(cache_hit_percent)s, %(disk_free_bytes)s, %(running)s::text[])
on conflict do nothing
