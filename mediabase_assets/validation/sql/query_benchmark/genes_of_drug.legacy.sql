-- Question: which genes does gefitinib act on?
-- Normal form: gene and symbol.
select distinct l.gene_id, l.gene_symbol
from cancer_transcript_base as l
where l.drugs @? '$.* ? (@.name == "gefitinib")'
