-- Question: how many UniProt accessions are known for genes?
-- Normal form: accession and gene; counted when timed.
select external_id as accession, gene_id from cross_reference_lookup_view where database_name = 'UniProt'
