-- What Dagster knows of a patient, the runs of the patient's partition included, whose events are deleted before.
-- `word` is a regular expression of the id as a whole word: what names several patients is deleted, and none of it is data.
with events as (
    delete from event_logs
    where asset_key = any (:assets)
      and dagster_event_type = any (:types)
      and partition = :id
    returning id
)
delete from asset_event_tags where event_id in (select id from events);

delete from asset_check_executions where run_id = any (:runs) or (asset_key = any (:assets) and partition = :id);

delete from job_ticks where tick_body ~ :word;

delete from bulk_actions where body ~ :word;

-- what the pages of the assets show first
update asset_keys as k
set (last_materialization, last_run_id) = (
        select e.event, e.run_id
        from event_logs as e
        where e.asset_key = k.asset_key
          and e.dagster_event_type = 'ASSET_MATERIALIZATION'
        order by e.id desc
        limit 1
    ),
    cached_status_data = null
where k.asset_key = any (:assets);
