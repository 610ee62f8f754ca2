-- Grain: one row per distinct gene id of the legacy table, kept or not, with what decided.
-- Rules: the locus is the most frequent chromosome and strand of the gene's transcripts (chrX before chrY for PAR genes),
-- the span from their lowest start to their highest end. Every row that names the gene has a vote on its symbol and type, rows in quarantine
-- too; on its place those have that are kept. A symbol that breaks a configured rule is invalid (an HGNC
-- id in the row does not save it: the old programs copied such ids by symbol). Of several genes with one symbol the best by quality score and tie-breakers keeps it.
-- A gene all of whose rows are in quarantine is there with them, and with all that they say about it.
-- Quality score (0 to 8): 3 Ensembl gene id, 2 symbol longer than one character, 1 gene type, 1 chromosome, 1 coordinates.
-- Settings read: mediabase.invalid_symbol_patterns (JSON array), mediabase.max_gene_symbol_length, mediabase.symbol_conflicts.
-- Inputs: legacy_payloads, gene_identities, transcript_candidates.
create unlogged table gene_candidates as
with named as (
  select
    gene_id, max(gene_version) as gene_version, bool_or(is_par) as is_par,
    array_agg(distinct identity order by identity) as identities
  from gene_identities where gene_id is not null group by gene_id
),
symbols as (
  select distinct on (gene_id) gene_id, symbol
  from (
    select gene_id, symbol, sum(n_rows) as n from gene_identities
    where gene_id is not null and symbol is not null group by gene_id, symbol) as votes
  order by gene_id, (symbol ~ '^ENSG'), n desc, symbol
),
placed as (
  select gene_id, chromosome, (coordinates ->> 'strand')::smallint as strand, count(*) as n,
    min((coordinates ->> 'start')::bigint) as first_start, max((coordinates ->> 'end')::bigint) as last_end,
    count(coordinates) as n_placed
  from transcript_candidates
  where gene_id is not null and reason is null and not is_merged and chromosome is not null
  group by 1, 2, 3
),
loci as (
  select distinct on (p.gene_id) p.gene_id, p.chromosome, p.strand, p.first_start, p.last_end, p.n_placed
  from placed as p join named as g using (gene_id)
  order by p.gene_id, (g.is_par and p.chromosome is distinct from 'chrX'), (p.n_placed = 0), p.n desc, p.chromosome, p.strand desc nulls last
),
types as (
  select distinct on (gene_id) gene_id, gene_type
  from (
    select gene_id, gene_type, count(*) as n from transcript_candidates
    where gene_id is not null and gene_type is not null group by 1, 2) as votes
  order by gene_id, n desc, gene_type
),
counted as (
  select gene_id, count(*) filter (where reason is null and not is_merged) as transcript_count,
    min(annotation_level) as best_annotation_level, bool_or(is_par) as has_par_rows
  from transcript_candidates where gene_id is not null group by gene_id
),
annotated as (
  select
    i.gene_id,
    bool_or(p.field = 'alt_gene_ids' and json_text(object_of(p.value) -> 'HGNC') ~ '^HGNC:[0-9]+$') as has_hgnc,
    max((p.field = 'go_terms')::integer) + max((p.field = 'pathways')::integer) + max((p.field = 'drugs')::integer)
      + max((p.field in ('uniprot_ids', 'ncbi_ids', 'refseq_ids', 'pdb_ids', 'alt_gene_ids'))::integer)
      + max((p.field = 'source_references' and p.value @? '$.*[*]')::integer) as annotation_sources
  from legacy_payloads as p join gene_identities as i using (identity)
  where i.gene_id is not null
  group by i.gene_id
),
described as (
  select
    g.gene_id, g.gene_version, (g.is_par or c.has_par_rows) as is_par,
    (case when (s.symbol ~ '^ENSG' and (ensembl_id(s.symbol, 'ENSG'))[1] = g.gene_id) then g.gene_id else coalesce(s.symbol, g.gene_id) end) collate "C" as symbol,
    case when s.symbol is null or (s.symbol ~ '^ENSG' and (ensembl_id(s.symbol, 'ENSG'))[1] = g.gene_id) then 'gene_id' else 'gene_symbol' end as symbol_source,
    t.gene_type, l.chromosome, l.strand, l.first_start, l.last_end, l.n_placed,
    coalesce(c.transcript_count, 0)::integer as transcript_count, c.best_annotation_level,
    coalesce(a.has_hgnc, false) as has_hgnc, coalesce(a.annotation_sources, 0) as annotation_sources
  from named as g
  left join symbols as s using (gene_id)
  left join loci as l using (gene_id)
  left join types as t using (gene_id)
  left join counted as c using (gene_id)
  left join annotated as a using (gene_id)
),
scored as (
  select
    d.*,
    case when n_placed > 0 then jsonb_build_object('start', first_start, 'end', last_end, 'strand', strand) end as genomic_coordinates,
    (3 + 2 * (length(symbol) > 1 and lower_case(symbol) !~ '^unknown')::integer
      + (gene_type is not null and lower_case(gene_type) <> 'unknown')::integer + (chromosome is not null)::integer
      + (coalesce(n_placed, 0) > 0)::integer)::smallint as quality_score,
    coalesce(chromosome ~ '^chr([1-9]|1[0-9]|2[0-2]|X|Y|M)$', false) as is_on_primary_chromosome,
    case when gene_type = 'protein_coding' then 1 when gene_type = 'lncRNA' then 2
      when gene_type = 'misc_RNA' or gene_type ~ 'pseudogene' or gene_type is null then 4 else 3 end as gene_type_rank,
    length(symbol) > current_setting('mediabase.max_gene_symbol_length')::integer
      or exists (
        select from jsonb_array_elements_text(current_setting('mediabase.invalid_symbol_patterns')::jsonb) as rule
        where d.symbol ~ rule) as is_invalid,
    transcript_count = 0 as has_no_transcript
  from described as d
),
ranked as (
  select
    *,
    row_number() over of_symbol as rank_of_symbol,
    count(*) over (partition by symbol, is_invalid or has_no_transcript) as genes_of_symbol,
    first_value(gene_id) over of_symbol as winner_gene_id
  from scored
  window of_symbol as (
    partition by symbol, is_invalid or has_no_transcript
    order by quality_score desc, is_on_primary_chromosome desc, is_par, has_hgnc desc, gene_type_rank, annotation_sources desc,
      transcript_count desc, best_annotation_level nulls last, gene_version desc nulls last, gene_id)
)
select
  gene_id, gene_version, is_par, symbol as legacy_symbol,
  (case when is_candidate and rank_of_symbol > 1 and current_setting('mediabase.symbol_conflicts') = 'qualify'
    then symbol || '@' || gene_id else symbol end) collate "C" as gene_symbol,
  case when is_candidate and rank_of_symbol > 1 and current_setting('mediabase.symbol_conflicts') = 'qualify'
    then 'qualified' else symbol_source end as symbol_source,
  gene_type, chromosome, genomic_coordinates, quality_score, transcript_count,
  is_on_primary_chromosome, has_hgnc, gene_type_rank, annotation_sources, best_annotation_level,
  rank_of_symbol::integer as rank_of_symbol, genes_of_symbol::integer as genes_of_symbol,
  case
    when is_invalid and length(symbol) > current_setting('mediabase.max_gene_symbol_length')::integer then 'symbol_too_long'
    when is_invalid then 'invalid_symbol'
    when has_no_transcript then 'gene_without_transcripts'
    when rank_of_symbol > 1 and current_setting('mediabase.symbol_conflicts') <> 'qualify' then 'symbol_conflict'
  end as reason,
  case when is_candidate and rank_of_symbol > 1 then winner_gene_id end as winner_gene_id
from (select *, not (is_invalid or has_no_transcript) as is_candidate from ranked) as r;
