-- Facts in quarantine and repaired, by reason, of one migration; the most frequent first.
select outcome, reason, sum(facts)::bigint as facts
from reason_account
where migration_id = current_setting('mediabase.migration_id') and reason <> ''
group by outcome, reason
having sum(facts) > 0
order by outcome, facts desc, reason
