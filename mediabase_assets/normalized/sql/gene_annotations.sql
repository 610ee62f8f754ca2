-- Grain: one row per gene, kind of annotation, value and source. Input: annotation_facts.
insert into gene_annotations (gene_id, annotation_type, annotation_value, source)
select gene_id, annotation_type, annotation_value, source
from annotation_facts
where is_first
order by gene_id, annotation_type, annotation_value, source;
