-- Grain: one row per row of {relation} whose fold change is neither NULL nor 1.0, the default of a row without data of the patient.
-- Columns: the transcript's id as it is; the linear fold change. Ordered by id, whatever the order on the disk.
select s.transcript_id, s.fold_change
from (select {transcript_id} as transcript_id, {fold_change} as fold_change from {relation}) as s
where s.fold_change <> 1.0
order by s.transcript_id, s.fold_change
