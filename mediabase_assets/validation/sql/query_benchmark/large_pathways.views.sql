-- Question: how many pathways have more than ten genes?
-- Normal form: ids of pathways; counted when timed.
select pathway_id from pathway_coverage_view where gene_count > 10
