-- The genes that rules about the quarantine name: by their ids, or all that say the symbol. Input: gene_identities.
update quarantine_rules as q set genes = case when q.gene ~ '^ENSG' then array[q.gene]
  else array(select distinct gene_id from gene_identities where symbol = q.gene and gene_id is not null) end
where q.gene is not null;
