-- Columns of which the walk saw fewer values than the rows hold: every digest of a row must be a value that was read.
-- Inputs: legacy_rows, legacy_payloads.
select r.field, r.n as values_of_rows, coalesce(p.n, 0) as values_read
from (
  select v.field, v.n
  from (
    select count(go_terms) as go_terms, count(molecular_functions) as molecular_functions, count(cellular_location) as cellular_location,
      count(product_type) as product_type, count(pathways) as pathways, count(drugs) as drugs, count(uniprot_ids) as uniprot_ids,
      count(ncbi_ids) as ncbi_ids, count(refseq_ids) as refseq_ids, count(pdb_ids) as pdb_ids, count(alt_gene_ids) as alt_gene_ids,
      count(source_references) as source_references, count(publications) as publications, count(pharmgkb_pathways) as pharmgkb_pathways,
      count(pharmgkb_variants) as pharmgkb_variants
    from legacy_rows) as c
  cross join lateral (select key, value::bigint from jsonb_each_text(to_jsonb(c))) as v (field, n)
) as r
left join (select field, sum(n_rows) as n from legacy_payloads group by field) as p using (field)
where r.n <> coalesce(p.n, 0)
