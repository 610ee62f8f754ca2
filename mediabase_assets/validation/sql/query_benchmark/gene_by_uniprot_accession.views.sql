-- Question: which gene has the UniProt accession P00533?
-- Normal form: gene and symbol.
select gene_id, gene_symbol from cross_reference_lookup_view where external_id = 'P00533' and database_name = 'UniProt'
