-- Question: how many transcripts have a gene with a known drug interaction?
-- Normal form: ids of transcripts and their genes; counted when timed.
select transcript_id, gene_id from patient_query_optimized_view where has_drug_interactions
