-- Grain: one row per column, account and reason of open scalars: how many. Those of genes and rows in quarantine are there with them.
-- Inputs: open_leaves, whose_leaves, held_leaves.
select legacy_column, account, reason, count(*) as leaves
from (
  select o.legacy_column, o.digest, o.transcript_id, o.path, o.reason,
    min(coalesce(h.account, case when w.leaf is not null then 'quarantined' else 'with its row' end)) as account
  from open_leaves as o
  left join whose_leaves as w on w.legacy_column = o.legacy_column and w.path = o.path and w.raw = o.raw and w.reason = o.reason
  left join held_leaves as h using (leaf)
  group by 1, 2, 3, 4, 5
) as leaves
group by 1, 2, 3
order by 1, 2, 3
