-- Ids of other authorities that one gene has, or one has as its primary one. Placeholders as in by_id.sql.
insert into matches (row_number, target_id, target_key, matched_by)
select f.row_number, f.gene_id, k.gene_key, 'x'
from (
  select
    i.row_number, r.gene_id, r.is_primary,
    count(*) over (partition by i.row_number) as genes,
    count(*) filter (where r.is_primary) over (partition by i.row_number) as primary_genes
  from incoming as i
  join {live}.gene_cross_references as r
    on r.external_id = i.lookup_id and r.external_db = case i.id_kind when 'n' then 'NCBI' when 'r' then 'RefSeq' else 'UniProt' end
  where i.id_kind in ('n', 'r', 'u')) as f
left join {patients}.gene_ids as k on k.gene_id = f.gene_id
where f.genes = 1 or f.primary_genes = 1 and f.is_primary;
