-- Transcripts that the released tables give to another gene than before. Placeholders as in by_id.sql.
update {patients}.transcript_ids as k set gene_id = t.gene_id
from {live}.transcripts as t where t.transcript_id = k.transcript_id and t.gene_id <> k.gene_id;
