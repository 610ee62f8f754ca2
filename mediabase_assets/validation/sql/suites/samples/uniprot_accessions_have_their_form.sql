-- Cross-references to UniProt of another form.
select gene_id, external_id from gene_cross_references
where external_db = 'UniProt'
  and external_id !~ '^([OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2})(-[0-9]+)?$'
order by gene_id, external_id
