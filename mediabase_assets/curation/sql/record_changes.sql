-- What rules changed or left out, as repairs and quarantine of the asset, and the account of what is left out: the accounts of the
-- tables begin after it. Inputs: legacy_curation.
insert into quarantine (migration_id, asset, transcript_id, gene_id, legacy_column, json_path, reason, raw_value, winner, fact_count, rule_id)
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), transcript_id, gene_id, legacy_column, json_path,
  'curator_dropped', raw_value, null, facts, rule_id
from legacy_curation where operation in ('drop', 'row');

insert into repairs (migration_id, asset, transcript_id, gene_id, legacy_column, json_path, reason, raw_value, repaired_value, fact_count, rule_id)
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), transcript_id, gene_id, legacy_column, json_path,
  'curator_rule', case operation when 'key' then to_jsonb(path[cardinality(path)]) else raw_value end, new_value, n_rows, rule_id
from legacy_curation where operation in ('set', 'key');

insert into row_account (migration_id, asset, legacy_column, fact_kind, is_primary, facts_read, kept, merged, repaired, quarantined, archived)
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), legacy_column, 'fact left out by a curator', true,
  sum(facts), 0, 0, 0, sum(facts), 0
from legacy_curation where operation in ('drop', 'row') group by legacy_column having sum(facts) > 0;
