-- What Dagster keeps without a run, past a moment: events that were reported for an asset by themselves (kept assets, overviews), results
-- of checks, ticks. Stays: the newest of each kind for each asset and partition, the newest results of each check, the newest tick of each
-- schedule and sensor, and all that is of patients, which `mediabase patients delete` deletes.
delete from event_logs as e
where e.timestamp < :before
  and not exists (select from runs as r where r.run_id = e.run_id)
  and e.asset_key is not null
  and e.asset_key not like :patients
  and e.id < (
    select max(l.id)
    from event_logs as l
    where l.asset_key = e.asset_key
      and l.dagster_event_type = e.dagster_event_type
      and l.partition is not distinct from e.partition
  );

delete from asset_event_tags as t where not exists (select from event_logs as e where e.id = t.event_id);

delete from asset_check_executions as c
using (
  select id, row_number() over (partition by asset_key, check_name order by id desc) as number
  from asset_check_executions
  where asset_key not like :patients
) as ranked
where ranked.id = c.id
  and ranked.number > :evaluations
  and c.create_timestamp < :before
  and not exists (select from runs as r where r.run_id = c.run_id);

delete from job_ticks as t
where t.timestamp < :before_ticks
  and t.id < (
    select max(l.id)
    from job_ticks as l
    where l.job_origin_id is not distinct from t.job_origin_id
      and l.selector_id is not distinct from t.selector_id
  );
