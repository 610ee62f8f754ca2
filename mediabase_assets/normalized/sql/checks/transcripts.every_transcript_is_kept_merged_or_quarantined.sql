select r.transcript_id, s.outcome
from legacy_rows as r
left join row_states as s on s.raw_transcript_id = r.transcript_id
left join transcripts as t on t.transcript_id = s.transcript_id
where s.outcome is null or (s.outcome in ('kept', 'repaired', 'merged') and t.transcript_id is null)
