-- What nothing holds is set aside with its path and raw value. fact_count 0: the fact that it is a part of is counted where it is kept.
-- Inputs: whose_leaves, held_leaves.
insert into quarantine (migration_id, asset, transcript_id, gene_id, legacy_column, json_path, reason, raw_value, winner, fact_count)
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), transcript_id, gene_id, legacy_column, path, reason, raw, null, 0
from whose_leaves where leaf not in (select leaf from held_leaves)
