-- Grain: one row per gene or transcript of a patient that has a value, for the plots. {patients}: schema. {patient_id}: whose.
select e.log2_fold_change, coalesce(e.adjusted_p_value, e.p_value) as p_value
from {patients}.patient_expression as e
where e.patient_id = {patient_id} and e.log2_fold_change is not null
