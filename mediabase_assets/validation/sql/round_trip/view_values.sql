-- What the compatibility view shows: what belongs to the gene of one transcript per gene, GO terms of one transcript per set,
-- and what belongs to the transcript of every transcript. Inputs: cancer_transcript_base_compat, transcripts.
-- The view looks values up row by row, which PostgreSQL does on one core only. Functions it may call on several: each reads the
-- view for 20 genes or sets. They are strict because a function that is not would be merged into the query that calls it.
create unlogged table view_gene_batches with (parallel_workers = 2) as
select array_agg(gene_id) as genes, array_agg(transcript_id) as transcripts from (
  select gene_id, min(transcript_id) as transcript_id, row_number() over (order by gene_id) / 20 as batch from transcripts group by gene_id) as t
group by batch;
analyze view_gene_batches;

create unlogged table view_go_batches with (parallel_workers = 2) as
select array_agg(transcript_id) as transcripts from (
  select min(transcript_id) as transcript_id, row_number() over (order by go_set_id) / 20 as batch
  from transcripts where go_set_id is not null group by go_set_id) as t
group by batch;
analyze view_go_batches;

create function shown_of_genes(wanted text[]) returns table (gene text, transcript_id text, pathways text[], drugs jsonb, molecular_functions text[],
  cellular_location text[], alt_gene_ids jsonb, uniprot_ids text[], ncbi_ids text[], refseq_ids text[], pdb_ids text[], source_references jsonb,
  pharmgkb_pathways jsonb, pharmgkb_variants jsonb, alt_transcript_ids jsonb)
language sql stable strict parallel safe cost 100000 rows 20
begin atomic
  select gene_id, transcript_id, pathways, drugs, molecular_functions, cellular_location, alt_gene_ids, uniprot_ids, ncbi_ids, refseq_ids,
    pdb_ids, source_references, pharmgkb_pathways, pharmgkb_variants,
    alt_transcript_ids - array['transcript_name', 'CCDS', 'HAVANA', 'RefSeq_protein']
  from cancer_transcript_base_compat where transcript_id = any (wanted);
end;

create function shown_of_go(wanted text[]) returns table (go_set_id bigint, transcript_id text, gene text, go_terms jsonb)
language sql stable strict parallel safe cost 100000 rows 20
begin atomic
  select t.go_set_id, v.transcript_id, v.gene_id, v.go_terms
  from cancer_transcript_base_compat as v join transcripts as t on t.transcript_id = v.transcript_id where v.transcript_id = any (wanted);
end;

create function shown_of_transcripts(of_genes text[]) returns table (transcript_id text, gene_id text, gene_symbol text, gene_type text, chromosome text,
  coordinates jsonb, product_type text[], expression_fold_change double precision, features jsonb, alt_transcript_ids jsonb)
language sql stable strict parallel safe cost 100000 rows 80
begin atomic
  select transcript_id, gene_id, gene_symbol, gene_type, chromosome, coordinates, product_type, expression_fold_change, features, alt_transcript_ids
  from cancer_transcript_base_compat where gene_id = any (of_genes);
end;

create unlogged table view_genes as select v.* from view_gene_batches as b cross join shown_of_genes(b.transcripts) as v;
analyze view_genes;

create unlogged table view_go as select v.* from view_go_batches as b cross join shown_of_go(b.transcripts) as v;
analyze view_go;

create unlogged table view_transcripts as select v.* from view_gene_batches as b cross join shown_of_transcripts(b.genes) as v;
analyze view_transcripts;
