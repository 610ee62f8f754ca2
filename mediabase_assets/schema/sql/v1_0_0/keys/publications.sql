alter table publications add constraint publications_pkey primary key (publication_id) with (fillfactor = 100);
alter table publications add constraint publications_pmid_key unique (pmid) with (fillfactor = 100) deferrable initially immediate;
