-- distinct legacy gene ids (without version and PAR_Y) that are neither a gene nor a quarantined candidate
select distinct r.gene_id
from (select (ensembl_id(gene_id, 'ENSG'))[1] as gene_id from (select distinct gene_id from legacy_rows) as l) as r
where r.gene_id is not null
  and not exists (select from genes as g where g.gene_id = r.gene_id)
  and not exists (select from gene_candidates as c where c.gene_id = r.gene_id and c.reason is not null)
