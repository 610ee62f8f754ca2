-- Symbols that genes of the released tables have just so. Placeholders as in by_id.sql.
insert into matches (row_number, target_id, target_key, matched_by)
select i.row_number, g.gene_id, k.gene_key, 'e'
from incoming as i
join {live}.genes as g on g.gene_symbol = i.lookup_id
left join {patients}.gene_ids as k on k.gene_id = g.gene_id
where i.id_kind in ('s', 'x');
