-- Grain: one row: what is known about a patient's file. {patients}: schema of the patients' data. Parameter: whose.
select
  p.patient_id, p.level, p.file_name, p.tool, p.scale, p.rows_read, p.stored, p.match_rate, p.imported_at, p.matched_against,
  (select count(*) from {patients}.patient_unmatched as u where u.patient_id = p.patient_id) as unmatched
from {patients}.patients as p
where p.patient_id = %(patient_id)s
