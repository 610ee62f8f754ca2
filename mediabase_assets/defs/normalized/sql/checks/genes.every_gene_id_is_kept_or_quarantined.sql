-- distinct legacy gene ids (without version and PAR_Y) that are neither a gene nor a quarantined candidate
select distinct substring(r.gene_id from 'ENSG[0-9]{11}') as gene_id
from (select distinct gene_id from legacy_rows) as r
where r.gene_id ~ '^\s*ENSG[0-9]{11}(\.[0-9]+)?(_PAR_Y)?\s*$'
  and not exists (select from genes as g where g.gene_id = substring(r.gene_id from 'ENSG[0-9]{11}'))
  and not exists (select from gene_candidates as c where c.gene_id = substring(r.gene_id from 'ENSG[0-9]{11}') and c.reason is not null)
