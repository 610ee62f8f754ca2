-- The patient's own row, new or replaced.
insert into {patients}.stored_patients as p (
  patient_key, patient_id, level, file_name, file_sha256, content_hash, tool, scale, columns, options, rows_read, stored, match_rate, report,
  matched_against, source_path)
overriding system value
values (
  %(patient_key)s, %(patient_id)s, %(level)s, %(file_name)s, %(file_sha256)s, %(content_hash)s, %(tool)s, %(scale)s, %(columns)s, %(options)s, %(rows_read)s,
  %(stored)s, %(match_rate)s, %(report)s, %(matched_against)s, %(source_path)s)
on conflict (patient_id) do update set
  level = excluded.level, file_name = excluded.file_name, file_sha256 = excluded.file_sha256, content_hash = excluded.content_hash,
  tool = excluded.tool, scale = excluded.scale, columns = excluded.columns, options = excluded.options, rows_read = excluded.rows_read,
  stored = excluded.stored, match_rate = excluded.match_rate, report = excluded.report, imported_at = now(),
  matched_against = excluded.matched_against, source_path = excluded.source_path
