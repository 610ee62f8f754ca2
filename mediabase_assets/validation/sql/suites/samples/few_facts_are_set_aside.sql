-- Quarantined facts by reason.
select reason, sum(facts)::bigint as facts from reason_account
where migration_id = current_setting('mediabase.migration_id') and outcome = 'quarantined' group by 1 order by 2 desc, 1
