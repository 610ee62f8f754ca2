-- The rows of a patient that the tables do not have. Placeholders as in outcome.sql; `stored` takes the place of the table.
insert into {patients}.{stored} (
  fold_change, log2_fold_change, p_value, adjusted_p_value, base_mean, average_expression, standard_error, patient_key, {key},
  row_number, id_kind, matched_by, na_reason, raw_id, lookup_id)
select
  o.fold_change, o.log2_fold_change, o.p_value, o.adjusted_p_value, o.base_mean, o.average_expression, o.standard_error, {patient}, o.target_key,
  o.row_number, o.id_kind, o.matched_by, o.na_reason, o.raw_id, o.lookup_id
from outcome as o
where {is_new} or not exists (select from {patients}.{stored} as s where s.patient_key = {patient} and s.{key} = o.target_key)
order by o.target_key;
