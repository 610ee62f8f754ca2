select coalesce(r.transcript_id, s.raw_transcript_id) as transcript_id, count(s.raw_transcript_id) as outcomes
from legacy_rows as r full join row_states as s on s.raw_transcript_id = r.transcript_id
group by 1 having count(s.raw_transcript_id) <> 1 or count(r.transcript_id) <> 1
