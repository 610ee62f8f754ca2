-- Every kept legacy row against the row of its transcript in the view, value by value.
-- Rules: an id without white space, version and _PAR_Y; the gene's symbol and type are those of most of its rows; coordinates
-- are an interval of numbers or nothing; a fold change is positive or nothing; TSL NA is nothing.
-- Inputs: kept_rows, expected_genes, view_transcripts, quarantined. Left out: GO terms (go.sql) and what belongs to the gene.
create view told_of_rows as
with pairs as (
  select r.*, v.transcript_id as found_id, v.gene_id as found_gene, v.gene_symbol as found_symbol, v.gene_type as found_type,
    v.chromosome as found_chromosome, v.coordinates as found_place, v.product_type as found_products,
    v.expression_fold_change as found_change, v.features as found_features, v.alt_transcript_ids as found_ids,
    g.symbol as symbol_kept, g.gene_type as type_kept, g.version as version_kept,
    object(r.features) as f, object(r.alt_transcript_ids) as a,
    word(object(r.features) -> 'TSL') as tsl, word(object(r.features) -> 'annotation_level') as level, word(object(r.features) -> 'annotation_tags') as tags,
    word(object(r.alt_transcript_ids) -> 'RefSeq_protein') as protein,
    word(object(r.alt_transcript_ids) -> 'RefSeq_protein') ~ '^ENSP\d{11}(\.\d+)?$' as is_ensp, object(r.features) ->> 'transcript_id_versioned' as own_versioned,
    object(r.features) ->> 'gene_id_versioned' as gene_versioned
  from kept_rows as r
  left join view_transcripts as v on v.transcript_id = r.transcript
  left join expected_genes as g on g.gene = r.gene
  offset 0
)
select p.raw_transcript_id, p.transcript, p.gene, t.*
from pairs as p
cross join lateral (values
  -- column, path, legacy value, expected value, value of the view, why expected is not the legacy value, where it is stored
  ('transcript_id', '$', p.raw_transcript_id, p.transcript, p.found_id,
    case when p.raw_transcript_id = p.transcript then null when says_par(p.raw_transcript_id) then 'repair:par_y' when version_in(p.raw_transcript_id) is not null then 'repair:versioned_id'
      when p.raw_transcript_id <> p.transcript then 'repair:white_space' end, 'transcripts.transcript_id'),
  ('gene_id', '$', p.gene_id, p.gene, p.found_gene,
    case when p.gene_id = p.gene then null when not p.names_own_gene then case when plain(p.gene_id) is null then 'repair:missing_gene_id' else 'repair:bad_gene_id' end
      when says_par(p.gene_id) then 'repair:par_y' when version_in(p.gene_id) is not null then 'repair:versioned_id' else 'repair:white_space' end, 'transcripts.gene_id'),
  ('gene_symbol', '$', p.gene_symbol, p.symbol_kept, p.found_symbol,
    case when p.gene_symbol = p.symbol_kept then null when coalesce(p.gene_symbol, '') = '' then 'repair:missing_symbol' when p.symbol is null then 'repair:blank_symbol'
      when p.symbol_kept = p.symbol || '@' || p.gene then 'repair:symbol_qualified' when p.symbol = p.symbol_kept then 'repair:white_space'
      else 'repair:symbol_differs' end, 'genes.gene_symbol'),
  ('gene_type', '$', p.gene_type, p.type_kept, p.found_type,
    case when p.type_said is null then 'merge:told_by_another_row' when p.type_said <> p.type_kept then 'repair:gene_type_differs'
      when p.gene_type <> p.type_kept then 'cannot be inverted:white_space_of_a_name' end, 'genes.gene_type'),
  ('chromosome', '$', p.chromosome, p.chromosome_said, p.found_chromosome,
    case when p.chromosome <> p.chromosome_said then 'cannot be inverted:white_space_of_a_name' end, 'transcripts.chromosome'),
  ('coordinates', '$', p.coordinates::text, p.place::text, p.found_place::text,
    case when p.place is null and p.coordinates is not null then 'quarantine:bad_coordinates' when p.coordinates <> p.place then 'repair:coordinates_coerced' end,
    'transcripts.coordinates'),
  ('expression_fold_change', '$', p.expression_fold_change::text,
    case when p.expression_fold_change > 0 and p.expression_fold_change < 'Infinity' then p.expression_fold_change end::text, p.found_change::text,
    case when not (p.expression_fold_change > 0 and p.expression_fold_change < 'Infinity') then 'quarantine:bad_fold_change' end,
    'transcripts.expression_fold_change'),
  ('features', '$.TSL', p.tsl, case when p.tsl ~ '^\d{1,4}( .*)?$' then substring(p.tsl from '^\d+')::integer::text end,
    p.found_features ->> 'TSL',
    case when p.tsl = 'NA' then 'cannot be inverted:na_is_unknown' when p.tsl ~ '^\d{1,4} ' then 'cannot be inverted:remark_of_support_level'
      when p.tsl !~ '^\d{1,4}$' then 'quarantine:unreadable_value' end, 'transcripts.support_level'),
  ('features', '$.annotation_level', p.level,
    case when p.level ~ '^\d{1,4}$' then p.level::integer::text end, p.found_features ->> 'annotation_level',
    case when p.level !~ '^\d{1,4}$' then 'quarantine:unreadable_value' end, 'transcripts.annotation_level'),
  ('features', '$.annotation_tags', p.tags, p.tags, p.found_features ->> 'annotation_tags', null, 'transcripts.tags'),
  ('features', '$.transcript_id_versioned', p.own_versioned, p.transcript || '.' || p.version_of_transcript, p.found_features ->> 'transcript_id_versioned',
    case when p.own_versioned = p.transcript || '.' || p.version_of_transcript then null when p.own_versioned is null then 'merge:version_told_by_the_id' when says_par(p.own_versioned) then 'repair:par_y'
      when p.own_versioned is distinct from p.transcript || '.' || p.version_of_transcript then 'cannot be inverted:id_of_another_transcript' end,
    'transcripts.transcript_version'),
  ('features', '$.gene_id_versioned', p.gene_versioned, p.gene || '.' || p.version_kept, p.found_features ->> 'gene_id_versioned',
    case when p.gene_versioned = p.gene || '.' || p.version_kept then null when p.gene_versioned is null then 'merge:version_told_by_another_id' when says_par(p.gene_versioned) then 'repair:par_y'
      when stem(p.gene_versioned, 'ENSG') is distinct from p.gene then 'cannot be inverted:id_of_another_gene'
      when p.gene_versioned is distinct from p.gene || '.' || p.version_kept then 'cannot be inverted:newest_version_of_the_gene' end,
    'genes.gene_version'),
  ('alt_transcript_ids', '$.transcript_name', word(p.a -> 'transcript_name'), word(p.a -> 'transcript_name'), p.found_ids ->> 'transcript_name', null, 'transcripts.transcript_name'),
  ('alt_transcript_ids', '$.CCDS', word(p.a -> 'CCDS'), word(p.a -> 'CCDS'), p.found_ids ->> 'CCDS', null, 'transcripts.ccds_id'),
  ('alt_transcript_ids', '$.HAVANA', word(p.a -> 'HAVANA'), word(p.a -> 'HAVANA'), p.found_ids ->> 'HAVANA', null, 'transcripts.havana_id'),
  ('alt_transcript_ids', '$.RefSeq_protein', p.protein,
    case when p.is_ensp then p.protein end, p.found_ids ->> 'RefSeq_protein',
    case when p.is_ensp then 'repair:refseq_protein_relabelled'
      when p.protein ~ '^[NXY]P_\d+(\.\d+)?$' then 'merge:identifier_of_the_gene'
      when p.a -> 'RefSeq_protein' is not null then 'quarantine:bad_identifier' end, 'transcripts.ensembl_protein_id')
) as t (legacy_column, path, raw, expected, found, why, stored_in)
where t.raw is not null or t.expected is not null or t.found is not null;

create unlogged table told_counts as
select legacy_column, why, raw is not null as is_fact, expected is distinct from found as differs, count(*) as n from told_of_rows group by 1, 2, 3, 4;
analyze told_counts;

insert into account
select legacy_column, case when why is null then 'equal' else split_part(why, ':', 1) end, case when why is null then '' else split_part(why, ':', 2) end, sum(n)
from told_counts where not differs and is_fact group by 1, 2, 3;

-- the few that are looked at one by one; a row whose id gave its version to another row of the same transcript is its copy
create unlogged table told_apart as
select * from told_of_rows
where (select bool_or(differs or why like 'quarantine:%') from told_counts) and (expected is distinct from found or why like 'quarantine:%');
analyze told_apart;

insert into differences
select t.raw_transcript_id, t.gene, t.legacy_column, t.path, t.raw, t.found, t.stored_in
from told_apart as t
where expected is distinct from found
  and not (t.path = '$.transcript_id_versioned' and exists (
    select from kept_rows as o where o.transcript = t.transcript and o.raw_transcript_id <> t.raw_transcript_id
      and o.transcript || '.' || o.version_of_transcript = t.found));

-- what the rules take away must be in quarantine: the same transcript, column, path and value
insert into differences
select t.raw_transcript_id, t.gene, t.legacy_column, t.path, t.raw, t.found, 'mediabase_ops.quarantine'
from told_apart as t
where why like 'quarantine:%' and expected is not distinct from found and not exists (
  select from quarantined as q
  where q.transcript_id = t.raw_transcript_id and q.legacy_column = t.legacy_column and q.json_path = t.path and q.reason = split_part(t.why, ':', 2)
    and (q.raw_value #>> '{}' = t.raw or q.raw_value::text = t.raw));

-- and rows of neither side without the other
insert into differences
select v.transcript_id, v.gene_id, 'transcript_id', '$', null, v.transcript_id, 'transcripts'
from view_transcripts as v where not exists (select from kept_rows as r where r.transcript = v.transcript_id);
insert into account
select 'transcript_id', 'quarantine', coalesce(row_reason, 'gene_quarantined'), count(*) from resolved where row_reason is not null group by 3;
insert into differences
select r.transcript_id, r.gene, 'transcript_id', '$', r.transcript_id, null, 'transcripts'
from resolved as r where r.row_reason is null and r.is_gene_quarantined;
