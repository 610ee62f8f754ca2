-- Open leaves of genes and rows that are kept, which no entry of quarantine or repairs holds after all: there must be none.
-- Inputs: whose_leaves, held_leaves, recorded.
select l.legacy_column, l.path, l.reason, l.raw, l.gene_id, l.transcript_id
from whose_leaves as l
where leaf not in (select leaf from held_leaves) and not exists (
  select from recorded as q
  where q.is_own and q.gene_id = l.gene_id and q.legacy_column = l.legacy_column and q.json_path = l.path and q.raw_value = l.raw)
