alter table gene_annotations add constraint gene_annotations_pkey primary key (gene_id, annotation_type, annotation_value, source) with (fillfactor = 100);
create index gene_annotations_value_idx on gene_annotations (annotation_type, annotation_value) with (fillfactor = 100);
