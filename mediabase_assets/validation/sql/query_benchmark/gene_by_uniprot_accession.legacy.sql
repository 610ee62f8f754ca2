-- Question: which gene has the UniProt accession P00533?
-- Normal form: gene and symbol.
select distinct l.gene_id, l.gene_symbol from cancer_transcript_base as l where l.uniprot_ids @> array['P00533']
