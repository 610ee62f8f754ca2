-- Grain: one row per kept gene. Inputs: gene_candidates. Left out: gene_name, which the legacy table never held (NULL).
insert into genes (
  gene_id, gene_version, gene_symbol, symbol_source, gene_type, chromosome, genomic_coordinates, is_par, quality_score,
  source_transcript_count)
select
  gene_id, gene_version, gene_symbol, symbol_source, gene_type, chromosome, genomic_coordinates, is_par, quality_score, transcript_count
from gene_candidates
where reason is null
order by gene_id;
