-- Grain: one row per entry of quarantine and repairs that the assets left when they were last built, and of the census itself.
create temporary view recorded as
with built as (select distinct asset, migration_id from built_relations)
select q.gene_id, q.legacy_column, q.json_path, q.raw_value, q.reason, 'quarantined' as account, false as is_own
from quarantine as q join built using (asset, migration_id)
union all
select r.gene_id, r.legacy_column, r.json_path, r.raw_value, r.reason, 'repaired', false
from repairs as r join built using (asset, migration_id)
union all
select gene_id, legacy_column, json_path, raw_value, reason, 'quarantined', true
from quarantine where asset = current_setting('mediabase.asset') and migration_id = current_setting('mediabase.migration_id')
