-- Numbers for transcripts that have none: all those of the released tables, once one of the file's is missing. Placeholders as in by_id.sql.
insert into {patients}.transcript_ids (transcript_id, gene_id)
select t.transcript_id, t.gene_id from {live}.transcripts as t
where not exists (select from {patients}.transcript_ids as k where k.transcript_id = t.transcript_id)
order by t.transcript_id
on conflict do nothing;

update matches as m set target_key = k.transcript_key
from {patients}.transcript_ids as k where k.transcript_id = m.target_id and m.target_key is null;
