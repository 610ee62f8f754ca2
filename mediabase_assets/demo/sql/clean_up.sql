-- Drops the session's working tables; the legacy table stays.
drop view if exists pg_temp.mediabase_demo_target;
drop table if exists pg_temp.mediabase_demo_known, pg_temp.mediabase_demo_size, pg_temp.mediabase_demo_go,
  pg_temp.mediabase_demo_pathway, pg_temp.mediabase_demo_drug, pg_temp.mediabase_demo_gene, pg_temp.mediabase_demo_member,
  pg_temp.mediabase_demo_object, pg_temp.mediabase_demo_payload, pg_temp.mediabase_demo_gene_go,
  pg_temp.mediabase_demo_gene_pathway, pg_temp.mediabase_demo_gene_drug, pg_temp.mediabase_demo_gene_reference,
  pg_temp.mediabase_demo_whole;
drop function if exists pg_temp.mediabase_demo_hash(bigint, bigint);
