-- Every kept legacy row against the row of its transcript in the view, value by value.
-- Rules: an id without white space, version and _PAR_Y; the gene's symbol and type are those of most of its rows; coordinates
-- are an interval of numbers or nothing; a fold change is positive or nothing; TSL NA is nothing; a value that is set aside is nothing.
-- Inputs: kept_rows, expected_genes, view_transcripts, quarantined. Left out: GO terms (go.sql) and what belongs to the gene.
-- Each array has one place per value of a row, in the order of told_columns: what the row says, what its rules make of it, what
-- the view shows, and why the rules make something else of it. Arrays, because comparing and grouping them costs less than
-- comparing and grouping each value.
create unlogged table told_columns (i integer primary key, legacy_column text, path text, stored_in text);
insert into told_columns values
  (1, 'transcript_id', '$', 'transcripts.transcript_id'),
  (2, 'gene_id', '$', 'transcripts.gene_id'),
  (3, 'gene_symbol', '$', 'genes.gene_symbol'),
  (4, 'gene_type', '$', 'genes.gene_type'),
  (5, 'chromosome', '$', 'transcripts.chromosome'),
  (6, 'coordinates', '$', 'transcripts.coordinates'),
  (7, 'expression_fold_change', '$', 'transcripts.expression_fold_change'),
  (8, 'features', '$.TSL', 'transcripts.support_level'),
  (9, 'features', '$.annotation_level', 'transcripts.annotation_level'),
  (10, 'features', '$.annotation_tags', 'transcripts.tags'),
  (11, 'features', '$.transcript_id_versioned', 'transcripts.transcript_version'),
  (12, 'features', '$.gene_id_versioned', 'genes.gene_version'),
  (13, 'alt_transcript_ids', '$.transcript_name', 'transcripts.transcript_name'),
  (14, 'alt_transcript_ids', '$.CCDS', 'transcripts.ccds_id'),
  (15, 'alt_transcript_ids', '$.HAVANA', 'transcripts.havana_id'),
  (16, 'alt_transcript_ids', '$.RefSeq_protein', 'transcripts.ensembl_protein_id');

create view told_of_rows as
with pairs as (
  select r.*, v.transcript_id as found_id, v.gene_id as found_gene, v.gene_symbol as found_symbol, v.gene_type as found_type,
    v.chromosome as found_chromosome, v.coordinates as found_place, v.expression_fold_change as found_change, v.features as found_features,
    v.alt_transcript_ids as found_ids, g.symbol as symbol_kept, g.gene_type as type_kept,
    r.transcript || '.' || r.version_of_transcript as versioned_kept, r.gene || '.' || g.version as gene_versioned_kept,
    feature_id_reason(r.own_versioned, 'ENST', r.transcript, version_in(r.raw_transcript_id)::text) as own_versioned_reason,
    feature_id_reason(r.gene_versioned, 'ENSG', r.gene, null) as gene_versioned_reason
  from kept_rows as r
  left join view_transcripts as v on v.transcript_id = r.transcript
  left join expected_genes as g on g.gene = r.gene
  offset bigint '0'
)
select raw_transcript_id, transcript, gene,
  array[raw_transcript_id, gene_id, gene_symbol, gene_type, chromosome, coordinates::text, expression_fold_change::text, tsl, level, tags #>> '{}',
    own_versioned, gene_versioned, name, ccds, havana, protein] as raw,
  array[transcript, gene, symbol_kept, type_kept, chromosome_said, place::text,
    case when expression_fold_change > 0 and expression_fold_change < 'Infinity' then expression_fold_change end::text,
    tsl_read::text, level_read::text, array_to_string(tags_read, ','),
    versioned_kept, gene_versioned_kept, name_read, ccds_read, havana_read, protein_read] as expected,
  array[found_id, found_gene, found_symbol, found_type, found_chromosome, found_place::text, found_change::text, found_features ->> 'TSL',
    found_features ->> 'annotation_level', found_features ->> 'annotation_tags', found_features ->> 'transcript_id_versioned',
    found_features ->> 'gene_id_versioned', found_ids ->> 'transcript_name', found_ids ->> 'CCDS', found_ids ->> 'HAVANA', found_ids ->> 'RefSeq_protein'] as found,
  array[
    case when raw_transcript_id = transcript then null when says_par(raw_transcript_id) then 'repair:par_y'
      when is_lifted(raw_transcript_id) then 'repair:lifted_id'
      when version_in(raw_transcript_id) is not null then 'repair:versioned_id' else 'repair:' || coalesce(cleaning(raw_transcript_id), 'versioned_id') end,
    case when gene_id = gene then null when not names_own_gene then case when clean_id(gene_id) is null or is_placeholder(gene_id) then 'repair:missing_gene_id' else 'repair:bad_gene_id' end
      when says_par(gene_id) then 'repair:par_y' when is_lifted(gene_id) then 'repair:lifted_id'
      when version_in(gene_id) is not null then 'repair:versioned_id' else 'repair:' || coalesce(cleaning(gene_id), 'versioned_id') end,
    case when gene_symbol = symbol_kept then null when symbol is null and is_spreadsheet_value(gene_symbol) then 'quarantine:spreadsheet_date'
      when coalesce(gene_symbol, '') = '' or is_placeholder(gene_symbol) then 'repair:missing_symbol' when symbol is null then 'repair:blank_symbol'
      when symbol_kept = symbol || '@' || gene then 'repair:symbol_qualified' when symbol = symbol_kept then 'repair:' || cleaning(gene_symbol)
      else 'repair:symbol_differs' end,
    case when type_said is null then coalesce('quarantine:' || biotype_reason(gene_type), 'merge:told_by_another_row')
      when type_said <> type_kept then 'repair:gene_type_differs' when gene_type <> type_kept then 'cannot be inverted:white_space_of_a_name' end,
    case when chromosome_said is null then 'quarantine:' || chromosome_reason(chromosome) when chromosome <> chromosome_said then 'repair:chromosome_spelling' end,
    case when place is null and coordinates is not null then 'quarantine:bad_coordinates' when coordinates <> place then 'repair:coordinates_coerced' end,
    case when not (expression_fold_change > 0 and expression_fold_change < 'Infinity') then 'quarantine:bad_fold_change' end,
    case when tsl = tsl_read::text then null when tsl = 'NA' then 'cannot be inverted:na_is_unknown' when tsl like '% %' and tsl_read is not null
      then 'cannot be inverted:remark_of_support_level' else coalesce('quarantine:' || level_reason(tsl, tsl_read), 'repair:integer_as_float') end,
    case when level = level_read::text then null else coalesce('quarantine:' || level_reason(level, level_read), 'repair:integer_as_float') end,
    case when tags_read is not null and jsonb_typeof(tags) = 'array' then 'repair:array_salvaged'
      when tags_read is null and jsonb_typeof(tags) = 'string' and is_placeholder(tags #>> '{}') then 'quarantine:placeholder' end,
    case when own_versioned = versioned_kept then null when own_versioned_reason is not null then 'quarantine:' || own_versioned_reason
      when own_versioned is null then 'merge:version_told_by_the_id' else coalesce('repair:' || feature_id_repair(own_versioned), 'merge:version_told_by_the_id') end,
    case when gene_versioned = gene_versioned_kept then null when gene_versioned_reason is not null then 'quarantine:' || gene_versioned_reason
      when gene_versioned is null then 'merge:version_told_by_another_id'
      else coalesce('repair:' || feature_id_repair(gene_versioned), 'cannot be inverted:newest_version_of_the_gene') end,
    coalesce('quarantine:' || id_reason(name, name_read), 'repair:' || id_repair(name, name_read)),
    coalesce('quarantine:' || id_reason(ccds, ccds_read), 'repair:' || id_repair(ccds, ccds_read)),
    coalesce('quarantine:' || id_reason(havana, havana_read), 'repair:' || id_repair(havana, havana_read)),
    case when protein_read is not null then 'repair:refseq_protein_relabelled' when refseq_read is not null then 'merge:identifier_of_the_gene'
      else 'quarantine:' || id_reason(protein, null) end] as why
from pairs;

create unlogged table told_counts as
select why, array_positions(raw, null) as silent, expected is distinct from found or array_to_string(why, ' ') like '%quarantine:%' as is_apart, count(*) as n
from told_of_rows group by 1, 2, 3;
analyze told_counts;

-- the few rows that are looked at value by value
create unlogged table told_apart as
select t.raw_transcript_id, t.transcript, t.gene, c.legacy_column, c.path, v.raw, v.expected, v.found, v.why, c.stored_in
from told_of_rows as t cross join unnest(t.raw, t.expected, t.found, t.why) with ordinality as v (raw, expected, found, why, i) join told_columns as c using (i)
where (select bool_or(is_apart) from told_counts) and (t.expected is distinct from t.found or array_to_string(t.why, ' ') like '%quarantine:%');
analyze told_apart;

insert into account
select legacy_column, case when why is null then 'equal' else split_part(why, ':', 1) end, case when why is null then '' else split_part(why, ':', 2) end, sum(n)
from (
  select c.legacy_column, v.why, t.n
  from told_counts as t cross join unnest(t.why) with ordinality as v (why, i) join told_columns as c using (i)
  where not t.is_apart and v.i <> all (t.silent)
  union all
  select legacy_column, why, 1 from told_apart where raw is not null and expected is not distinct from found
) as t group by 1, 2, 3;

-- a row whose id gave its version to another row of the same transcript is its copy
insert into differences
select t.raw_transcript_id, t.gene, t.legacy_column, t.path, t.raw, t.found, t.stored_in
from told_apart as t
where expected is distinct from found and not exists (
  select from kept_rows as o where t.path = '$.transcript_id_versioned' and o.transcript = t.transcript and o.raw_transcript_id <> t.raw_transcript_id
    and o.transcript || '.' || o.version_of_transcript = t.found);

-- what the rules take away must be in quarantine: the same transcript, column, path and value
insert into differences
select t.raw_transcript_id, t.gene, t.legacy_column, t.path, t.raw, t.found, 'mediabase_ops.quarantine'
from told_apart as t
where why like 'quarantine:%' and (t.raw is not null or t.expected is not null or t.found is not null) and expected is not distinct from found and not exists (
  select from quarantined as q
  where q.transcript_id = t.raw_transcript_id and q.legacy_column = t.legacy_column and q.json_path = t.path and q.reason = split_part(t.why, ':', 2)
    and (plain(q.raw_value #>> '{}') = plain(t.raw) or q.raw_value::text = t.raw));

-- and rows of neither side without the other
insert into differences
select v.transcript_id, v.gene_id, 'transcript_id', '$', null, v.transcript_id, 'transcripts'
from view_transcripts as v where not exists (select from kept_rows as r where r.transcript = v.transcript_id);
insert into account
select 'transcript_id', 'quarantine', coalesce(row_reason, 'gene_quarantined'), count(*) from resolved where row_reason is not null group by 3;
insert into differences
select r.transcript_id, r.gene, 'transcript_id', '$', r.transcript_id, null, 'transcripts'
from resolved as r where r.row_reason is null and r.is_gene_quarantined;
