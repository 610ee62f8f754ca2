alter table transcript_products add constraint transcript_products_transcript_id_fkey
  foreign key (transcript_id) references transcripts (transcript_id) on delete cascade deferrable initially immediate;
