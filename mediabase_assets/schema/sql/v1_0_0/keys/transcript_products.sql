alter table transcript_products add constraint transcript_products_pkey primary key (product_id) with (fillfactor = 100);
create unique index transcript_products_fact_idx on transcript_products (transcript_id, product_type, coalesce(uniprot_id, '')) with (fillfactor = 100);
