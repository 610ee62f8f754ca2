-- Grain: one row per legacy row, with the gene and the transcript that it names by the rules of the proof.
-- Rules: strip white space, version and _PAR_Y; without a readable gene id the versioned one in features, then
-- alt_gene_ids.Ensembl, then a symbol that is one, then the only gene of the same symbol. Rows and genes that are in
-- quarantine as wholes are told by its entries. Inputs: legacy_read, quarantined.
create unlogged table quarantined as
select q.* from quarantine as q
join (select distinct asset, migration_id from built_relations) as b using (asset, migration_id);
analyze quarantined;

create unlogged table repaired as
select r.legacy_column, r.reason, r.transcript_id, r.gene_id, r.json_path, r.raw_value from repairs as r
join (select distinct asset, migration_id from built_relations) as b using (asset, migration_id);
analyze repaired;

create unlogged table named as
with ways as materialized (
  select md5(row(gene_id, gene_symbol, feature_gene_id, alternative_gene_id)::text) as way, gene_id as raw_gene_id, feature_gene_id, alternative_gene_id, plain(gene_symbol) collate "C" as symbol,
    stem(gene_id, 'ENSG') as own, stem(feature_gene_id, 'ENSG') as feature, stem(alternative_gene_id, 'ENSG') as alternative,
    stem(gene_symbol, 'ENSG') as symbol_id
  from legacy_read group by gene_id, gene_symbol, feature_gene_id, alternative_gene_id
),
by_symbol as (
  select symbol, min(coalesce(own, feature, alternative)) as gene_id, count(distinct coalesce(own, feature, alternative)) as n
  from ways where symbol is not null group by symbol
)
select w.*, coalesce(own, feature, alternative, symbol_id, case when s.n = 1 then s.gene_id end) collate "C" as resolved_gene_id
from ways as w left join by_symbol as s using (symbol);
analyze named;

create unlogged table resolved as
select
  l.*, n.resolved_gene_id as gene, n.symbol, n.own is not null as names_own_gene,
  coalesce(case when n.own = n.resolved_gene_id then version_in(n.raw_gene_id) end,
    case when n.feature = n.resolved_gene_id then version_in(n.feature_gene_id) end,
    case when n.alternative = n.resolved_gene_id then version_in(n.alternative_gene_id) end) as version_of_gene,
  (n.own is not null and says_par(l.gene_id)) or says_par(case when n.feature is not null then l.feature_gene_id end) as is_par_gene,
  stem(l.transcript_id, 'ENST') collate "C" as transcript,
  q.reason as row_reason, q.winner as row_winner,
  g.gene_id is not null as is_gene_quarantined
from legacy_read as l
join named as n on n.way = md5(row(l.gene_id, l.gene_symbol, l.feature_gene_id, l.alternative_gene_id)::text)
left join (select distinct on (transcript_id) transcript_id, reason, winner from quarantined
  where legacy_column = 'transcript_id' and json_path = '$' order by transcript_id) as q on q.transcript_id = l.transcript_id
left join (select distinct gene_id from quarantined where legacy_column = 'gene_id' and json_path = '$' and gene_id is not null) as g
  on g.gene_id = n.resolved_gene_id;
analyze resolved;
