-- Rows that somebody changed, added or deleted since the snapshot are compared as the snapshot read them, so that a later
-- write is told and not mistaken for a loss. Inputs: legacy_read, legacy_rows (of the snapshot).
create unlogged table rows_changed as
select l.transcript_id, case when s.transcript_id is null then 'added' else 'changed' end as how
from legacy_read as l left join legacy_rows as s on s.transcript_id = l.transcript_id
where s.row_digest is distinct from l.row_digest
union all
select s.transcript_id, 'deleted' from legacy_rows as s left join legacy_read as l on l.transcript_id = s.transcript_id where l.transcript_id is null;
analyze rows_changed;

delete from legacy_read where transcript_id in (select transcript_id from rows_changed);

insert into legacy_read
select transcript_id, gene_symbol, gene_id, gene_type, chromosome, coordinates, expression_fold_change, features, alt_transcript_ids,
  feature_gene_id, alternative_gene_id, go_terms, molecular_functions, cellular_location, product_type, pathways, drugs, uniprot_ids, ncbi_ids,
  refseq_ids, pdb_ids, alt_gene_ids, source_references, publications, pharmgkb_pathways, pharmgkb_variants, null, row_digest, true
from legacy_rows where transcript_id in (select transcript_id from rows_changed);
