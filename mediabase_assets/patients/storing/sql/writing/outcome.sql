-- Grain: one row per row of the file that matched; once duplicates are merged, one per gene or transcript.
create temporary view outcome as
select
  m.target_key, m.target_id, i.row_number, i.fold_change, i.log2_fold_change, i.p_value, i.adjusted_p_value, i.base_mean,
  i.average_expression, i.standard_error, i.id_kind, m.matched_by, i.na_reason,
  case when i.raw_id = m.target_id then null when m.matched_by = 'v' then substr(i.raw_id, length(m.target_id) + 1) else i.raw_id end as raw_id,
  case when i.id_kind in ('g', 't') or i.lookup_id = i.raw_id then null else i.lookup_id end as lookup_id
from incoming as i
join matches as m using (row_number);
