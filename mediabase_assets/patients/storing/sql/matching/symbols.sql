-- Symbols that differ from one gene's by case, or that one gene had before, as far as the database knows: its cross references, and the
-- spellings that a migration repaired (temporary table `former_symbols`). What several genes fit is matched to none.
-- `live` takes the place of the schema of the released tables.
create temporary table symbol_candidates on commit drop as
select r.row_number, g.gene_id, 'c'::"char" as matched_by
from remaining as r
join {live}.genes as g on upper(g.gene_symbol) = upper(r.lookup_id)
where r.id_kind in ('s', 'x');

insert into symbol_candidates
select distinct r.row_number, a.gene_id, 'a'::"char"
from remaining as r
join (
  select external_id as symbol, gene_id from {live}.gene_cross_references
  union all
  select symbol, gene_id from former_symbols) as a on a.symbol = r.lookup_id
join {live}.genes as g on g.gene_id = a.gene_id
where r.id_kind in ('s', 'x') and not exists (select from symbol_candidates as c where c.row_number = r.row_number);

insert into matches (row_number, target_id, matched_by)
select row_number, min(gene_id), min(matched_by::text)::"char" from symbol_candidates group by row_number having count(distinct gene_id) = 1;

update remaining as r set reason = 'm', hint = c.symbols
from (
  select c.row_number, string_agg(g.gene_symbol, ', ' order by g.gene_symbol) as symbols
  from symbol_candidates as c join {live}.genes as g using (gene_id)
  group by c.row_number having count(*) > 1) as c
where c.row_number = r.row_number;
