-- The rows of the file that matched nothing, with all their values.
insert into {patients}.stored_unmatched (
  fold_change, log2_fold_change, p_value, adjusted_p_value, base_mean, average_expression, standard_error, patient_key, row_number, id_kind,
  reason, na_reason, raw_id, lookup_id, hint)
select
  i.fold_change, i.log2_fold_change, i.p_value, i.adjusted_p_value, i.base_mean, i.average_expression, i.standard_error, {patient},
  i.row_number, i.id_kind, r.reason, i.na_reason, i.raw_id, nullif(i.lookup_id, i.raw_id), r.hint
from remaining as r join incoming as i using (row_number)
order by i.row_number;
