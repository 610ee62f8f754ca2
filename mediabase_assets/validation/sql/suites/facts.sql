-- Grain: one row per check: facts of the legacy table, and how many of them come back, or are in quarantine.
-- Inputs: round_trip, row_account of one migration.
select 'facts_of_the_legacy_table_come_back',
  coalesce(sum(facts) filter (where explanation not in ('quarantine', 'archived')), 0)::bigint,
  coalesce(sum(facts) filter (where explanation in ('equal', 'repair', 'merge')), 0)::bigint
from round_trip where migration_id = %(migration)s
union all
select 'few_facts_are_set_aside', coalesce(sum(facts_read), 0)::bigint, coalesce(sum(quarantined), 0)::bigint
from row_account where migration_id = %(migration)s and is_primary
