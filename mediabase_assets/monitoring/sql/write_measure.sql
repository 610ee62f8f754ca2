insert into stage_metrics (migration_id, asset, stage, run_id, host, process_id, status, started_at, finished_at, wall_seconds, busy_seconds,
  beside_seconds, row_count, cpu_seconds, peak_memory_bytes, memory_rise_bytes, active_seconds, waiting_seconds, temp_bytes, temp_files,
  wal_bytes, blocks_hit, blocks_read, basis, samples, warnings, errors)
values (%(migration)s, %(asset)s, %(stage)s, %(run)s, %(host)s, %(process)s, %(status)s, %(started)s, %(finished)s, %(wall)s, %(busy)s,
  %(beside)s, %(rows)s, %(cpu)s, %(peak)s, %(rise)s, %(active)s, %(waiting)s, %(temp)s, %(files)s, %(wal)s, %(hit)s, %(read)s, %(basis)s,
  %(samples)s, %(warnings)s, %(errors)s)
on conflict (migration_id, asset) do update set stage = excluded.stage, run_id = excluded.run_id, host = excluded.host,
  process_id = excluded.process_id, status = excluded.status, started_at = excluded.started_at, finished_at = excluded.finished_at,
  wall_seconds = excluded.wall_seconds, busy_seconds = excluded.busy_seconds, beside_seconds = excluded.beside_seconds,
  row_count = excluded.row_count, cpu_seconds = excluded.cpu_seconds, peak_memory_bytes = excluded.peak_memory_bytes,
  memory_rise_bytes = excluded.memory_rise_bytes, active_seconds = excluded.active_seconds, waiting_seconds = excluded.waiting_seconds,
  temp_bytes = excluded.temp_bytes, temp_files = excluded.temp_files, wal_bytes = excluded.wal_bytes, blocks_hit = excluded.blocks_hit,
  blocks_read = excluded.blocks_read, basis = excluded.basis, samples = excluded.samples, warnings = excluded.warnings,
  errors = excluded.errors
