-- Ids and symbols of genes that the migration which is live put into quarantine, with the gene that was kept instead.
-- `operations` takes the place of the schema of the records, `live` of that of the released tables.
with live_migration as (
  select migration_id from {operations}.releases where rolled_back_at is null order by released_at desc limit 1
),
quarantined as (
  select q.gene_id as id, min(q.winner) as winner
  from {operations}.quarantine as q
  where q.migration_id = (select migration_id from live_migration) and q.legacy_column = 'gene_id' and q.json_path = '$'
    and q.gene_id is not null
  group by q.gene_id
  union all
  select q.raw_value ->> 'gene_symbol', min(q.winner)
  from {operations}.quarantine as q
  where q.migration_id = (select migration_id from live_migration) and q.legacy_column = 'gene_id' and q.json_path = '$'
    and q.raw_value ->> 'gene_symbol' is not null
  group by 1
  union all
  select q.transcript_id, min(q.winner)
  from {operations}.quarantine as q
  where q.migration_id = (select migration_id from live_migration) and q.asset like '%row\_states' and q.transcript_id is not null
  group by q.transcript_id
),
named as (
  select r.row_number, min(q.winner) as winner from remaining as r join quarantined as q on q.id = r.lookup_id
  where r.reason is null group by r.row_number
)
update remaining as r set reason = 'q', hint = coalesce('kept instead: ' || g.gene_symbol || ' (' || n.winner || ')', n.winner)
from named as n left join {live}.genes as g on g.gene_id = n.winner
where n.row_number = r.row_number;
