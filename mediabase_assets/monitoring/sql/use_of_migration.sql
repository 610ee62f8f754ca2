-- Memory, CPU and sessions of a migration, of all its samples.
select count(*)::integer as samples, avg(memory_bytes)::double precision as average_memory_bytes, max(memory_bytes) as peak_memory_bytes,
  avg(cpu_percent) as average_cpu_percent, max(cpu_percent) as peak_cpu_percent,
  avg(machine_cpu_percent) as average_machine_cpu_percent, max(active_sessions) as most_active_sessions,
  max(temp_bytes) as temp_bytes, max(wal_bytes) as wal_bytes, min(disk_free_bytes) as least_disk_free_bytes
from samples where migration_id = %s
