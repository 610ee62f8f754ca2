-- Grain: one row per gene whose symbol another gene has too (same_symbol) or has in other case (case_variant), with what
-- decided. The report of stage 4; case variants are kept as they are.
-- Input: gene_candidates.
create unlogged table symbol_conflicts as
select 'same_symbol' as kind, legacy_symbol as symbol, gene_id, gene_symbol, rank_of_symbol, genes_of_symbol, quality_score,
  is_on_primary_chromosome, is_par, has_hgnc, gene_type_rank, annotation_sources, transcript_count, best_annotation_level, gene_version,
  reason, winner_gene_id
from gene_candidates
where genes_of_symbol > 1
union all
select 'case_variant', upper_case(legacy_symbol) collate "C", gene_id, gene_symbol, rank_of_symbol, genes_of_symbol, quality_score,
  is_on_primary_chromosome, is_par, has_hgnc, gene_type_rank, annotation_sources, transcript_count, best_annotation_level, gene_version,
  reason, null
from gene_candidates
where reason is null and upper_case(legacy_symbol) in (
  select upper_case(legacy_symbol) from gene_candidates where reason is null group by 1 having count(distinct legacy_symbol) > 1);
