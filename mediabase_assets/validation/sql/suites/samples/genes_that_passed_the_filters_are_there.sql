-- Gene ids that no rule set aside and that are not in genes.
select c.gene_id, c.legacy_symbol from gene_candidates as c
where c.reason is null and not exists (select from genes as g where g.gene_id = c.gene_id) order by c.gene_id
