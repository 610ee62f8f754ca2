-- What the compatibility view shows: what belongs to the gene of one transcript per gene, GO terms of one transcript per set,
-- and what belongs to the transcript of every transcript. Input: cancer_transcript_base_compat.
create unlogged table view_genes as
select gene_id as gene, transcript_id, pathways, drugs, molecular_functions, cellular_location, alt_gene_ids, uniprot_ids, ncbi_ids, refseq_ids,
  pdb_ids, source_references, pharmgkb_pathways, pharmgkb_variants,
  alt_transcript_ids - array['transcript_name', 'CCDS', 'HAVANA', 'RefSeq_protein'] as alt_transcript_ids
from cancer_transcript_base_compat
where transcript_id in (select min(transcript_id) from transcripts group by gene_id);
analyze view_genes;

create unlogged table view_go as
select t.go_set_id, v.transcript_id, v.gene_id as gene, v.go_terms
from cancer_transcript_base_compat as v join transcripts as t on t.transcript_id = v.transcript_id
where v.transcript_id in (select min(transcript_id) from transcripts where go_set_id is not null group by go_set_id);
analyze view_go;

create unlogged table view_transcripts as
select transcript_id, gene_id, gene_symbol, gene_type, chromosome, coordinates, product_type, expression_fold_change, features, alt_transcript_ids
from cancer_transcript_base_compat;
analyze view_transcripts;
