-- What does not come back, by column and explanation.
select legacy_column, sentence as explanation, facts from round_trip
where migration_id = current_setting('mediabase.migration_id') and explanation = 'cannot be inverted' order by facts desc, legacy_column, reason
