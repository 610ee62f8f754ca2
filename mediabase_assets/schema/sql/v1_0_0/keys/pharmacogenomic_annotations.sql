alter table pharmacogenomic_annotations add constraint pharmacogenomic_annotations_pkey primary key (annotation_id, gene_id, drug_name) with (fillfactor = 100);
create index pharmacogenomic_annotations_gene_id_idx on pharmacogenomic_annotations (gene_id) with (fillfactor = 100);
create index pharmacogenomic_annotations_drug_name_idx on pharmacogenomic_annotations (drug_name) with (fillfactor = 100);
