-- Grain: one row per migration whose records may go: it ended before a moment and released nothing that is still live or can be rolled
-- back, no asset, relation or view is as it built it, and it is not the newest.
select m.migration_id
from migration_runs as m
where coalesce(m.finished_at, m.started_at) < %(before)s
  and m.status <> 'running'
  and m.migration_id <> (select migration_id from migration_runs order by started_at desc, migration_id desc limit 1)
  and not exists (select from releases as r where r.migration_id = m.migration_id and to_jsonb(r) ->> 'rolled_back_at' is null)
  and not exists (select from asset_state as s where s.migration_id = m.migration_id)
  and not exists (select from built_relations as b where b.migration_id = m.migration_id)
  and not exists (select from view_state as v where v.migration_id = m.migration_id)
order by 1
