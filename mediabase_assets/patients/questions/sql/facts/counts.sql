-- Grain: one row: how many genes or transcripts of a patient are up, down, unchanged, without value; significant ones are NULL where the file
-- gives no adjusted p value. {patients}: schema of the patients' data. Parameter: whose.
select
  count(e.fold_change) as measured,
  count(*) filter (where e.fold_change > {up}) as up, count(*) filter (where e.fold_change < {down}) as down,
  count(*) filter (where e.fold_change between {down} and {up}) as unchanged,
  count(*) filter (where e.fold_change is null) as without_value,
  case when count(e.adjusted_p_value) > 0 then count(*) filter (where e.fold_change > {up} and e.adjusted_p_value < {significant}) end
    as up_significant,
  case when count(e.adjusted_p_value) > 0 then count(*) filter (where e.fold_change < {down} and e.adjusted_p_value < {significant}) end
    as down_significant,
  min(e.fold_change) as smallest, max(e.fold_change) as largest
from {patients}.patient_expression as e
where e.patient_id = %(patient_id)s
