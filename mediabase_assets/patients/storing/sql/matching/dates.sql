-- A symbol that a spreadsheet turned into a date: `lookup_id` lists the symbols that it may have been, divided by `|`. It is matched where
-- the released tables know one of their genes, and no other row of the file names that gene.
-- `live` takes the place of the schema of the released tables.
with candidates as (
  select r.row_number, array_agg(distinct g.gene_id) as genes, string_agg(distinct g.gene_symbol, ' or ') as symbols
  from remaining as r
  cross join unnest(string_to_array(r.lookup_id, '|')) as s (symbol)
  join {live}.genes as g on g.gene_symbol = s.symbol
  where r.id_kind = 'd'
  group by r.row_number
),
resolved as (
  insert into matches (row_number, target_id, matched_by)
  select c.row_number, c.genes[1], 'd'
  from candidates as c
  where cardinality(c.genes) = 1 and not exists (select from matches as m where m.target_id = c.genes[1])
    and not exists (select from candidates as o where o.row_number <> c.row_number and o.genes && c.genes)
  returning row_number
)
update remaining as r set reason = 'd', hint = c.symbols
from candidates as c
where c.row_number = r.row_number and not exists (select from resolved as s where s.row_number = r.row_number);
