-- Numbers for genes that have none: all those of the released tables, once one of the file's is missing. Placeholders as in by_id.sql.
insert into {patients}.gene_ids (gene_id)
select g.gene_id from {live}.genes as g
where not exists (select from {patients}.gene_ids as k where k.gene_id = g.gene_id)
order by g.gene_id
on conflict do nothing;

update matches as m set target_key = k.gene_key from {patients}.gene_ids as k where k.gene_id = m.target_id and m.target_key is null;
