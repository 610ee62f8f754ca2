-- Pathways of other sources.
select pathway_id, pathway_name, source_database from pathways where pathway_id !~ '^R-[A-Z]{2,4}-[0-9]+$' order by pathway_id
