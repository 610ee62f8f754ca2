-- Grain: one row per gene that the legacy table names and no entry in quarantine takes away, as its rows describe it.
-- Rules: symbol and type of most rows, then the first by text (an Ensembl id as symbol only where there is no other); the
-- locus of most transcripts (chrX for PAR genes) and the span of those that lie there; the newest version.
-- Inputs: resolved, repaired (which genes are called SYMBOL@GENE_ID).
create unlogged table kept_rows as
select raw_transcript_id, transcript, gene_id, gene, names_own_gene, version_of_gene, gene_symbol, symbol, gene_type, type_said,
  chromosome, chromosome(chromosome) collate "C" as chromosome_said, coordinates, strand,
  case when first_base >= 1 and first_base < last_base and last_base < 1e10 and first_base = trunc(first_base) and last_base = trunc(last_base)
    then jsonb_build_object('start', first_base::bigint, 'end', last_base::bigint, 'strand', strand) end as place,
  expression_fold_change, go_terms, product_type,
  tsl, support_level(tsl) as tsl_read, level, annotation_level(level) as level_read, tags, tags_of(tags) as tags_read, own_versioned, gene_versioned,
  name, transcript_name(name) as name_read, ccds, ccds_id(ccds) as ccds_read, havana, havana_id(havana) as havana_read,
  protein, ensembl_protein_id(protein) as protein_read, refseq_protein_id(protein) as refseq_read, a ? 'RefSeq_protein' as tells_protein,
  is_par_gene_id or says_par(raw_transcript_id) as is_par_copy,
  is_par_gene or says_par(raw_transcript_id) or says_par(case when stem(own_versioned, 'ENST') = transcript then own_versioned end) as is_par_row,
  coalesce(version_in(raw_transcript_id), case when stem(own_versioned, 'ENST') = transcript then version_in(own_versioned) end) as version_of_transcript
from (
  select *, num(coordinates -> 'start') as first_base, num(coordinates -> 'end') as last_base, strand_of(word(coordinates -> 'strand')) as strand,
    word(f -> 'TSL') as tsl, word(f -> 'annotation_level') as level, f -> 'annotation_tags' as tags, word(f -> 'gene_id_versioned') as gene_versioned,
    word(a -> 'transcript_name') as name, word(a -> 'CCDS') as ccds, word(a -> 'HAVANA') as havana, word(a -> 'RefSeq_protein') as protein
  from (
    select *, transcript_id as raw_transcript_id, object(features) as f, object(alt_transcript_ids) as a
    from resolved where not is_gene_quarantined and row_reason is null
    offset bigint '0') as o
  offset bigint '0') as k;
analyze kept_rows;

create unlogged table expected_genes as
with symbols as (
  select distinct on (gene) gene, symbol from (
    select gene, symbol, count(*) as n from resolved where gene is not null and symbol is not null group by 1, 2) as v
  order by gene, (symbol ~ '^ENSG'), n desc, symbol
),
types as (
  select distinct on (gene) gene, type_said from (
    select gene, type_said, count(*) as n from resolved where gene is not null and type_said is not null group by 1, 2) as v
  order by gene, n desc, type_said
),
all_rows as (
  select gene, max(version_of_gene) as version, bool_or(is_par_gene) as is_par_id,
    bool_or(is_par_gene or says_par(transcript_id) or says_par(case when stem(own_versioned, 'ENST') = transcript then own_versioned end)) as is_par
  from resolved where gene is not null and not is_gene_quarantined group by gene
),
one_row as (
  select distinct on (transcript) transcript, gene, chromosome_said, place, strand from kept_rows
  order by transcript, is_par_copy, version_of_transcript desc nulls last, raw_transcript_id
),
places as (
  select gene, chromosome_said, (place ->> 'strand')::integer as strand, count(*) as n, count(place) as n_placed,
    min((place ->> 'start')::bigint) as first_base, max((place ->> 'end')::bigint) as last_base
  from one_row where chromosome_said is not null group by 1, 2, 3
),
loci as (
  select distinct on (p.gene) p.* from places as p join all_rows as a using (gene)
  order by p.gene, (a.is_par_id and p.chromosome_said is distinct from 'chrX'), (p.n_placed = 0), p.n desc, p.chromosome_said, p.strand desc nulls last
),
counted as (select gene, count(*)::integer as transcripts from one_row group by gene),
described as (
  select a.gene, a.version, a.is_par, t.type_said as gene_type, l.chromosome_said as chromosome, l.n_placed,
    case when l.n_placed > 0 then jsonb_build_object('start', l.first_base, 'end', l.last_base, 'strand', l.strand) end as place,
    coalesce(c.transcripts, 0) as transcripts,
    s.symbol is null or (s.symbol ~ '^ENSG' and stem(s.symbol, 'ENSG') = a.gene) as is_nameless,
    case when s.symbol is null or (s.symbol ~ '^ENSG' and stem(s.symbol, 'ENSG') = a.gene) then a.gene else s.symbol end collate "C" as symbol
  from all_rows as a left join symbols as s using (gene) left join types as t using (gene) left join loci as l using (gene)
  left join counted as c using (gene)
)
select d.gene, d.version, d.is_par, d.gene_type, d.chromosome, d.place, d.transcripts, d.symbol as legacy_symbol,
  case when q.gene_id is not null then d.symbol || '@' || d.gene else d.symbol end as symbol,
  case when q.gene_id is not null then 'qualified' when d.is_nameless then 'gene_id' else 'gene_symbol' end as symbol_source,
  3 + 2 * (length(d.symbol) > 1 and lower_case(d.symbol) !~ '^unknown')::integer + (d.gene_type is not null and lower_case(d.gene_type) <> 'unknown')::integer
    + (d.chromosome is not null)::integer + (coalesce(d.n_placed, 0) > 0)::integer as quality
from described as d
left join (select distinct gene_id from repaired where reason = 'symbol_qualified') as q on q.gene_id = d.gene;
analyze expected_genes;
create unique index on expected_genes (gene);
