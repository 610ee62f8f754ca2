-- The rows of a patient as the file had them, from what is stored: those that matched, and those that did not. `before` keeps what each was.
-- `grain`, `stored`, `ids`, `id`, `key` and `patients` take the places of by_id.sql; `patient` is the patient's number.
create temporary table before on commit drop as
select s.row_number, s.{key} as target_key, s.matched_by, null::"char" as reason, null::text as hint
from {patients}.{stored} as s where s.patient_key = {patient}
union all
select u.row_number, null, null, u.reason, u.hint from {patients}.stored_unmatched as u where u.patient_key = {patient};

insert into incoming
select
  s.row_number, r.raw_id, s.id_kind, case when s.id_kind in ('g', 't') then k.{id} else coalesce(s.lookup_id, r.raw_id) end,
  s.fold_change, s.log2_fold_change, s.p_value, s.adjusted_p_value, s.base_mean, s.average_expression, s.standard_error, s.na_reason
from {patients}.{stored} as s
join {patients}.{ids} as k on k.{key} = s.{key}
cross join lateral (select
  case when s.raw_id is null then k.{id} when s.matched_by = 'v' then k.{id} || s.raw_id else s.raw_id end as raw_id) as r
where s.patient_key = {patient}
union all
select
  u.row_number, u.raw_id, u.id_kind, coalesce(u.lookup_id, u.raw_id), u.fold_change, u.log2_fold_change, u.p_value, u.adjusted_p_value,
  u.base_mean, u.average_expression, u.standard_error, u.na_reason
from {patients}.stored_unmatched as u where u.patient_key = {patient};
