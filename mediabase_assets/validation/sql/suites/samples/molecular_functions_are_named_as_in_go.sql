-- Molecular functions that are named otherwise.
select gene_id, annotation_value from gene_annotations
where annotation_type = 'molecular_function' and annotation_value !~ '(([Aa]ctivity|[Bb]inding)$|^GO:[0-9]{7}$)' order by gene_id, annotation_value
