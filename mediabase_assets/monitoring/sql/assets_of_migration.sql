-- What each asset of a migration took.
select asset, stage, status, started_at, finished_at, wall_seconds, busy_seconds, beside_seconds, row_count,
  case when wall_seconds > 0 then row_count / wall_seconds end as rows_per_second, cpu_seconds, peak_memory_bytes, memory_rise_bytes,
  active_seconds, waiting_seconds, temp_bytes, temp_files, wal_bytes,
  round(100.0 * blocks_hit / nullif(blocks_hit + blocks_read, 0), 2)::double precision as cache_hit_percent, basis, samples, warnings, errors
from stage_metrics where migration_id = %s order by started_at, asset
