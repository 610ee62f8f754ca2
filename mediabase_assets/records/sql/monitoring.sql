-- What was measured while migrations worked. Safe to run again. Apart from deploy.sql, whose digest is that of the schema's asset.
create table if not exists stage_metrics (
  migration_id text not null,
  asset text not null,
  stage integer not null,
  run_id text not null,
  host text not null,
  process_id integer not null,
  status text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  wall_seconds double precision not null,
  busy_seconds double precision,
  beside_seconds double precision,
  row_count bigint,
  cpu_seconds double precision,
  peak_memory_bytes bigint,
  memory_rise_bytes bigint,
  active_seconds double precision,
  waiting_seconds double precision,
  temp_bytes bigint,
  temp_files bigint,
  wal_bytes bigint,
  blocks_hit bigint,
  blocks_read bigint,
  basis text not null,
  samples integer not null,
  warnings integer not null,
  errors integer not null,
  primary key (migration_id, asset)
);
comment on table stage_metrics is 'One row per migration and asset that was built: what it took. cpu_seconds: of the thread that built it. peak_memory_bytes: of its whole process meanwhile, with what was built beside it for beside_seconds. waiting_seconds (of locks, time-outs): share of samples times wall_seconds. basis counted: active_seconds, temp, WAL and blocks are what the server counted for its transactions, busy_seconds is active_seconds without waiting and cpu_seconds, at most wall_seconds; sampled: active_seconds and busy_seconds are shares of samples, the others are unknown.';

create table if not exists samples (
  run_id text not null,
  host text not null,
  process_id integer not null,
  number integer not null,
  migration_id text not null,
  sampled_at timestamptz not null,
  seconds double precision not null,
  memory_bytes bigint,
  memory_available_bytes bigint,
  cpu_percent double precision,
  machine_cpu_percent double precision,
  sessions integer,
  active_sessions integer,
  temp_bytes bigint,
  wal_bytes bigint,
  cache_hit_percent double precision,
  disk_free_bytes bigint,
  running text[] not null,
  primary key (run_id, host, process_id, number)
);
create index if not exists samples_migration_idx on samples (migration_id);
comment on table samples is 'One row per process of a run and moment: memory and CPU of the process (100 percent is one core), our sessions, temporary files and WAL of the whole database and server since the run began, free disk, and the assets that were built. Long runs are thinned; monitoring.keep_days says how long they are kept.';
