-- Grain: one row per open leaf that an entry of the extraction holds already: the same gene and column, at its path or above it, with
-- its text in the raw value. Inputs: whose_leaves, recorded.
create temporary table held_leaves on commit drop as
select l.leaf, min(e.account) as account
from whose_leaves as l
join (select * from recorded where not is_own) as e on e.gene_id = l.gene_id and e.legacy_column = l.legacy_column
where (e.json_path = '$' or e.json_path = l.path
    or (starts_with(l.path, e.json_path) and substr(l.path, length(e.json_path) + 1, 1) in ('.', '[')))
  and strpos(e.raw_value::text, l.words) > 0
group by l.leaf
