-- Interactions without a phase, of sources that tell one.
select gene_id, drug_name, source from gene_drug_interactions
where clinical_phase is null and source in (select source from gene_drug_interactions where clinical_phase is not null)
order by gene_id, drug_interaction_id
