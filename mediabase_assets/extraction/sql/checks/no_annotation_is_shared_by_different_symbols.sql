-- suspicion of annotation attached to a wrong gene: the same three or more GO terms, and the same pathways and drugs, some
select go_digest, genes, symbols
from (
  select shared.*, p.value
  from (
    select go.digest as go_digest, count(distinct g.gene_id) as genes, array_agg(distinct g.gene_symbol order by g.gene_symbol) as symbols,
      min(go.payload_id) as payload_id
    from legacy_payloads as go
    join gene_identities as i using (identity)
    join gene_candidates as g using (gene_id)
    left join legacy_payloads as p on p.identity = go.identity and p.field = 'pathways'
    left join legacy_payloads as d on d.identity = go.identity and d.field = 'drugs'
    where go.field = 'go_terms' and g.reason is null and (p.digest is not null or d.digest is not null)
    group by go.digest, p.digest, d.digest
    having count(distinct g.gene_symbol) > 1) as shared
  join legacy_payloads as p using (payload_id)
  offset 0) as found  -- only of these few the terms are counted
where count_facts('go_terms', value) >= 3
