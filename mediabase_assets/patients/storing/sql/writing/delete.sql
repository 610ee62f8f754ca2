-- The rows of a patient that are no longer there. Placeholders as in insert.sql.
delete from {patients}.{stored} as s
where s.patient_key = {patient} and not exists (select from outcome as o where o.target_key = s.{key});
