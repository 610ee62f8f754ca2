-- Links that say another name, source or PubMed id than their entity.
select 'gene_pathways' as relation, l.gene_id, l.pathway_id as entity, l.pathway_name as on_the_link, p.pathway_name as of_the_entity
from gene_pathways as l join pathways as p using (pathway_id)
where l.pathway_name is distinct from p.pathway_name or l.pathway_source <> p.source_database
union all
select 'gene_publications', l.gene_id, l.publication_id::text, l.pmid, p.pmid
from gene_publications as l join publications as p using (publication_id) where l.pmid is distinct from p.pmid
union all
select 'gene_drug_interactions', l.gene_id, l.drug_interaction_id, l.drug_name, d.drug_name
from gene_drug_interactions as l join drug_interactions as d using (drug_interaction_id)
where l.drug_name <> d.drug_name or l.source <> d.source_database or l.drug_id <> d.source_drug_key
order by 1, 2, 3
