-- Seconds of each stage in the last migrations that built something, the newest first.
with newest as (
  select migration_id, started_at from migration_runs
  where exists (select from migration_stages as s where s.migration_id = migration_runs.migration_id and s.status <> 'kept')
  order by started_at desc, migration_id desc limit %s
)
select migration_id, stage, sum(seconds) as seconds from newest join migration_stages using (migration_id)
where status <> 'kept' and seconds is not null group by migration_id, newest.started_at, stage order by newest.started_at desc, stage
