-- Question: how many GO terms are on more than a hundred genes?
-- Normal form: ids of GO terms; counted when timed.
select go_id from go_term_hierarchy_view where associated_gene_count > 100
