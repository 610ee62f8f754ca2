-- Grain: one row per transcript of the patient that has a fold change; of gene-level data, per transcript of each gene.
-- Transcripts that the released tables do not have (a copy on PAR_Y, one that is in quarantine) can be in the legacy table: they are in, under
-- the id of the file, where their rows agree on the value.
create temporary table mediabase_patient_values (
  patient_transcript text primary key, patient_fold_change double precision not null) on commit drop;
insert into mediabase_patient_values
select e.transcript_id, e.fold_change from {expression} as e
where e.patient_id = {patient_id} and e.fold_change is not null;
insert into mediabase_patient_values
select u.lookup_id, min(u.fold_change) from {unmatched} as u
where u.patient_id = {patient_id} and u.fold_change is not null and u.id_kind = 'Ensembl transcript' and {is_of_transcripts}
group by 1 having min(u.fold_change) = max(u.fold_change)
on conflict do nothing;
analyze mediabase_patient_values
