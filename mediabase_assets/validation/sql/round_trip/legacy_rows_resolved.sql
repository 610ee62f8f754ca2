-- Grain: one row per legacy row, with the gene and the transcript that it names by the rules of the proof.
-- Rules: gene_of_row; a gene id that is missing is the only one that other rows of the symbol name. Rows and genes that are in
-- quarantine as wholes are told by its entries. Inputs: legacy_read, quarantined.
create unlogged table quarantined as
select q.* from quarantine as q
join (select distinct asset, migration_id from built_relations) as b using (asset, migration_id);
analyze quarantined;

create unlogged table repaired as
select r.legacy_column, r.reason, r.transcript_id, r.gene_id, r.json_path, r.raw_value from repairs as r
join (select distinct asset, migration_id from built_relations) as b using (asset, migration_id);
analyze repaired;

-- the ways in which rows name their gene
create unlogged table said_ways as
select gene_id, gene_symbol, feature_gene_id, alternative_gene_id from legacy_read group by gene_id, gene_symbol, feature_gene_id, alternative_gene_id;
analyze said_ways;

create unlogged table ways as
select md5(row(gene_id, gene_symbol, feature_gene_id, alternative_gene_id)::text)::uuid as way, gene_id as raw_gene_id, feature_gene_id, alternative_gene_id,
  symbol_of(gene_symbol) collate "C" as symbol, stem(gene_id, 'ENSG') as own, stem(feature_gene_id, 'ENSG') as feature,
  stem(alternative_gene_id, 'ENSG') as alternative, gene_of_row(gene_id, feature_gene_id, alternative_gene_id, gene_symbol) as named_gene
from said_ways;
analyze ways;

create unlogged table named as
with by_symbol as (
  select symbol, min(named_gene[1]) as gene_id, count(distinct named_gene[1]) as n
  from ways where symbol is not null and named_gene[2] <> 'gene_symbol' group by symbol
)
select way, symbol, gene collate "C" as gene, own is not null as names_own_gene,
  coalesce(case when own = gene then version_in(raw_gene_id) end, case when feature = gene then version_in(feature_gene_id) end,
    case when alternative = gene then version_in(alternative_gene_id) end) as version_of_gene,
  (own is not null and says_par(raw_gene_id)) or says_par(case when feature = gene then feature_gene_id end) as is_par_gene,
  own is not null and says_par(raw_gene_id) as is_par_gene_id
from (
  select w.*, case when named_gene[2] = 'missing' and s.n = 1 then s.gene_id else named_gene[1] end as gene
  from ways as w left join by_symbol as s using (symbol) offset bigint '0') as w;
analyze named;

create unlogged table resolved as
select
  l.*, word(object(l.features) -> 'transcript_id_versioned') as own_versioned, n.gene, n.symbol, n.names_own_gene, n.version_of_gene, n.is_par_gene, n.is_par_gene_id,
  stem(l.transcript_id, 'ENST') collate "C" as transcript, biotype(l.gene_type) collate "C" as type_said,
  q.reason as row_reason, q.winner as row_winner, g.gene_id is not null as is_gene_quarantined
from legacy_read as l
join named as n on n.way = md5(row(l.gene_id, l.gene_symbol, l.feature_gene_id, l.alternative_gene_id)::text)::uuid
left join (select distinct on (transcript_id) transcript_id, reason, winner from quarantined
  where legacy_column = 'transcript_id' and json_path = '$' order by transcript_id) as q on q.transcript_id = l.transcript_id
left join (select distinct gene_id from quarantined where legacy_column = 'gene_id' and json_path = '$' and gene_id is not null) as g on g.gene_id = n.gene;
analyze resolved;
