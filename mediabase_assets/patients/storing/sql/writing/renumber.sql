-- The row of the file from which each value comes, where only that differs; no value changes. Placeholders as in insert.sql.
update {patients}.{stored} as s set row_number = o.row_number
from outcome as o
where s.patient_key = {patient} and s.{key} = o.target_key and s.row_number <> o.row_number;
