-- suspicion of annotation attached to a wrong gene: the same three or more GO terms, and the same pathways and drugs, some
select go.digest as go_digest, count(distinct g.gene_id) as genes, array_agg(distinct g.gene_symbol order by g.gene_symbol) as symbols
from legacy_payloads as go
join gene_identities as i using (identity)
join gene_candidates as g using (gene_id)
left join legacy_payloads as p on p.identity = go.identity and p.field = 'pathways'
left join legacy_payloads as d on d.identity = go.identity and d.field = 'drugs'
where go.field = 'go_terms' and g.reason is null and (p.digest is not null or d.digest is not null) and count_facts('go_terms', go.value) >= 3
group by go.digest, p.digest, d.digest
having count(distinct g.gene_symbol) > 1
