-- The views that people query, over the functions beside. {patients}: schema of the patients' data. {options}: of the views.

create or replace view {patients}.patient_enriched_view with ({options}) as
select * from {patients}.enriched();

create or replace view {patients}.patient_transcript_enriched_view with ({options}) as
select * from {patients}.transcript_enriched();

create or replace view {patients}.patient_drug_candidates with ({options}) as
select * from {patients}.drug_candidates();

create or replace view {patients}.patient_pathway_enrichment with ({options}) as
select * from {patients}.pathway_enrichment();
