-- Identifiers of a gene at other authorities. Rules: the form of an identifier tells its authority where the field does not;
-- versions are split off; of two versions of one identifier the higher is kept, the other is in quarantine; a field that
-- names one identifier shows the first of several.
-- Inputs: legacy_values, kept_rows, view_genes, quarantined. Left out: the ids of a transcript itself (transcripts.sql).
-- what is said of a transcript belongs to its gene too
create unlogged table identifiers_of_transcripts as
select 'alt_transcript_ids' as field, gene, count(*)::integer as n, min(raw_transcript_id) as example, '$.' || key as path, to_jsonb(id) as raw,
  'alt_transcript_ids.' || key as source, db as expected_db, false as is_reported
from kept_rows cross join lateral (values ('CCDS', ccds_read, 'CCDS'), ('RefSeq_protein', refseq_read, 'RefSeq')) as k (key, id, db)
where k.id is not null group by gene, k.key, k.id, k.db;
analyze identifiers_of_transcripts;

create unlogged table identifiers_told as
with entries as (
  select field, gene, n, example, '$[' || (i - 1) || ']' as path, e as raw, field as source,
    case field when 'uniprot_ids' then 'UniProt' when 'ncbi_ids' then 'NCBI' when 'refseq_ids' then 'RefSeq' else 'PDB' end as expected_db, true as is_reported
  from legacy_values cross join jsonb_array_elements(listed(value)) with ordinality as m (e, i) where field in ('uniprot_ids', 'ncbi_ids', 'refseq_ids', 'pdb_ids')
  union all
  select field, gene, n, example, '$.' || key, e, field || '.' || key,
    case when key in ('HGNC', 'HAVANA', 'OMIM', 'KEGG', 'Ensembl', 'RefSeq', 'UniProt', 'NCBI') then key end, true
  from legacy_values cross join jsonb_each(object(value)) as m (key, e) where field in ('alt_gene_ids', 'alt_transcript_ids')
  union all
  select field, gene, n, example, '$', value, field, null, true from legacy_values
  where field in ('alt_gene_ids', 'alt_transcript_ids') and jsonb_typeof(value) <> 'object'
  union all
  select * from identifiers_of_transcripts
),
read as (
  select *, word(raw) as said, case when jsonb_typeof(raw) not in ('object', 'array') and path <> '$' then plain_identifier(word(raw), expected_db) end as id
  from entries offset bigint '0'
),
typed as (
  select *, authority_of(id, expected_db) as db from read offset bigint '0'
)
select *,
  case when is_versioned then substring(id from '^(.*?)(?:\.[0-9]+)?(?:_PAR_Y)?$') else id end collate "C" as external_id,
  case when is_versioned then substring(id from '\.([0-9]{1,6})(?:_PAR_Y)?$')::integer end as version
from (
  select *, db in ('RefSeq', 'Ensembl', 'HAVANA', 'CCDS') and (strpos(id, '.') > 0 or strpos(id, '_PAR_Y') > 0) as is_versioned from typed offset bigint '0') as t;
analyze identifiers_told;

create unlogged table expected_identifiers as
with newest as (select gene, db, external_id, max(version) as version from identifiers_told where db is not null group by 1, 2, 3)
select t.gene, t.db, t.external_id, n.version, bool_or(t.field in ('alt_gene_ids', 'alt_transcript_ids') and t.is_reported) as is_named_as_one,
  string_agg(distinct t.source collate "C", ', ' order by t.source collate "C") as source, min(t.example) as example
from identifiers_told as t join newest as n using (gene, db, external_id)
where t.version >= n.version or t.version is null
group by 1, 2, 3, 4;
analyze expected_identifiers;

create unlogged table identifiers_shown as
select gene, 'uniprot_ids' as source, i as id from view_genes cross join unnest(uniprot_ids) as i
union all select gene, 'ncbi_ids', i from view_genes cross join unnest(ncbi_ids) as i
union all select gene, 'refseq_ids', i from view_genes cross join unnest(refseq_ids) as i
union all select gene, 'pdb_ids', i from view_genes cross join unnest(pdb_ids) as i
union all select gene, 'alt_gene_ids.' || k, i from view_genes cross join jsonb_each_text(alt_gene_ids) as m (k, i)
union all select gene, 'alt_transcript_ids.' || k, i from view_genes cross join jsonb_each_text(alt_transcript_ids) as m (k, i);
analyze identifiers_shown;

create unlogged table identifier_pairs as
select t.*, x.version as kept_version, s.gene is not null as is_shown
from identifiers_told as t
left join expected_identifiers as x on x.gene = t.gene and x.db = t.db and x.external_id = t.external_id
left join identifiers_shown as s on s.gene = t.gene and s.source = t.source and s.id = x.external_id || coalesce('.' || x.version, '')
where t.is_reported;
analyze identifier_pairs;

insert into account
select field, case when db is null or version < kept_version then 'quarantine' when raw #>> '{}' <> id or id like '%\_PAR\_Y' or db <> expected_db then 'repair'
    when not is_shown then 'cannot be inverted' else 'equal' end,
  case when version < kept_version then 'older_version' when db is null then 'no identifier' when db <> expected_db then 'identifier_retyped'
    when id like '%\_PAR\_Y' then 'par_y' when said <> id then id_repair(said, id) when raw #>> '{}' <> said then 'white_space' when not is_shown then 'one_value_of_a_key' else '' end, sum(n)
from identifier_pairs as t
where is_shown or db is null or version < kept_version or (source like 'alt\_%' and exists (
  select from identifiers_shown as s where s.gene = t.gene and s.source = t.source))
group by 1, 2, 3;

create unlogged table first_identifiers as
select gene, source, min(external_id) as external_id from identifiers_told where source like 'alt\_%' and db is not null group by 1, 2;
analyze first_identifiers;

insert into differences
select t.example, t.gene, t.field, t.path, t.raw::text, null, 'gene_cross_references' from identifier_pairs as t
where db is not null and not is_shown and not coalesce(version < kept_version, false)
  -- a key that names one identifier shows the first of them; that the others are stored is seen by identifiers of the table
  and not exists (select from first_identifiers as o where o.gene = t.gene and o.source = t.source and o.external_id < t.external_id)
union all
select null, s.gene, split_part(s.source, '.', 1), '$', null, s.id, 'gene_cross_references' from identifiers_shown as s
where not exists (select from identifier_pairs as t where t.gene = s.gene and t.source = s.source and t.is_shown and s.id = t.external_id || coalesce('.' || t.kept_version, ''))
union all
select t.example, t.gene, t.field, t.path, t.raw::text, null, 'mediabase_ops.quarantine' from identifier_pairs as t
where (db is null or version < kept_version) and not exists (
  select from quarantined as q where q.gene_id = t.gene and q.legacy_column = t.field and q.json_path = t.path and q.raw_value = t.raw);
