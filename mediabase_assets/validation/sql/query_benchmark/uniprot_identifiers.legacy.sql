-- Question: how many UniProt accessions are known for genes?
-- Normal form: accession and gene; counted when timed.
select distinct u.accession, l.gene_id
from cancer_transcript_base as l
cross join unnest(l.uniprot_ids) as u (accession)
