alter table publications add constraint publications_pkey primary key (publication_id);
alter table publications add constraint publications_pmid_key unique (pmid) deferrable initially immediate;
