-- Grain: one row per row of the legacy table, with its columns but for the fold change: that of the patient, 1.0 where there is none.
-- A legacy id is looked up as it is, and without its version; a row of PAR_Y is another transcript than that of X.
select {columns}
from {legacy} as l
left join mediabase_patient_values as p on p.patient_transcript =
  case
    when l.transcript_id::text ~ '^ENST[0-9]{{11}}$' then l.transcript_id::text
    else regexp_replace(btrim(l.transcript_id::text), '^(ENSTR?[0-9]+)\.[0-9]+(_[0-9]{{1,4}})?(_PAR_Y)?$', '\1\3')
  end collate "C"
