-- Grain: one row. Rows of the legacy table, and transcripts of the patient that it has.
select count(*), count(distinct m.patient_transcript)
from ({rows}) as m
