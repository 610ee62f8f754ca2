-- The rows of a patient that differ from what the tables have. Placeholders as in insert.sql.
update {patients}.{stored} as s set
  row_number = o.row_number, fold_change = o.fold_change, log2_fold_change = o.log2_fold_change, p_value = o.p_value, adjusted_p_value = o.adjusted_p_value,
  base_mean = o.base_mean, average_expression = o.average_expression, standard_error = o.standard_error, id_kind = o.id_kind,
  matched_by = o.matched_by, na_reason = o.na_reason, raw_id = o.raw_id, lookup_id = o.lookup_id
from outcome as o
where s.patient_key = {patient} and s.{key} = o.target_key and
  (s.fold_change, s.log2_fold_change, s.p_value, s.adjusted_p_value, s.base_mean, s.average_expression, s.standard_error, s.id_kind,
    s.matched_by, s.na_reason, s.raw_id, s.lookup_id)
  is distinct from
  (o.fold_change, o.log2_fold_change, o.p_value, o.adjusted_p_value, o.base_mean, o.average_expression, o.standard_error, o.id_kind,
    o.matched_by, o.na_reason, o.raw_id, o.lookup_id);
