-- References: which publication a gene's annotation cites, by which source, with what else the reference says.
-- Rules: a publication by its PubMed id (1 to 8 digits, prefix dropped) or its DOI; the section is told by the source; how the
-- publication is described is told once, by its richest reference.
-- Inputs: legacy_values, view_genes, quarantined.
create unlogged table references_read as
with sides as not materialized (
  select 'legacy' as side, field, gene, n, example, value from legacy_values where field in ('source_references', 'publications')
  union all select 'view', 'source_references', gene, 1, transcript_id, source_references from view_genes
),
entries as (
  select side, field, field as column_name, gene, n, example, section, '$.' || section || '[' || (i - 1) || ']' as path, e as raw, 'member' as place
  from sides cross join jsonb_each(object(value)) as s (section, list) cross join jsonb_array_elements(listed(list)) with ordinality as l (e, i)
  union all
  select side, field, field, gene, n, example, section, '$.' || section, list, 'alone' from sides cross join jsonb_each(object(value)) as s (section, list)
  where jsonb_typeof(list) <> 'array'
  union all
  select side, field, field, gene, n, example, 'publications', '$[' || (i - 1) || ']', e, case field when 'publications' then 'member' else 'salvaged' end
  from sides cross join jsonb_array_elements(listed(value)) with ordinality as l (e, i)
  union all
  select side, field, field, gene, n, example, null, '$', value, 'alone' from sides where jsonb_typeof(value) not in ('object', 'array')
  union all
  select 'legacy', 'drugs.references', 'drugs', gene, n, example, 'drugs', '$.' || key || '.references[' || (i - 1) || ']', e, 'member'
  from legacy_values cross join jsonb_each(object(value)) as d (key, drug)
  cross join jsonb_array_elements(listed(object(drug) -> 'references')) with ordinality as l (e, i) where field = 'drugs'
),
read as (
  select *, object(raw) as v, coalesce(word(object(raw) -> 'pmid'), word(object(raw) -> 'PMID'), word(raw)) as raw_pmid,
    case when object(raw) ? 'doi' then lower(substring(word(raw -> 'doi') from '(10\.\d{4,9}/\S+)$')) end collate "C" as raw_doi
  from entries offset 0
),
identified as (
  select *, pubmed(raw_pmid) collate "C" as pmid, case when octet_length(raw_doi) <= 500 then raw_doi end as doi,
    jsonb_typeof(raw) <> 'object' and (place = 'alone' or coalesce(raw_pmid !~* '^\s*(pmid|pubmed)', true)) as is_no_reference
  from read offset 0
)
select r.*, case when side = 'legacy' then md5(row(title, abstract, authors, journal, publication_year, doi, url, citation_count)::text) end as content
from (
select i.side, i.field, i.column_name, i.gene, i.n, i.example, i.path, i.raw, i.raw_pmid, i.place, i.pmid, i.doi,
  case when not is_no_reference then coalesce(i.pmid::bigint,
    10000000000 + abs(('x' || substr(md5('doi:' || i.doi), 1, 16))::bit(64)::bigint % 9000000000000000)) end as publication_id,
  case when octet_length(v ->> 'evidence_type') <= 200 then word(v -> 'evidence_type') end as evidence_type,
  case when octet_length(word(v -> 'source_db')) <= 100 then word(v -> 'source_db') else coalesce(section, 'unknown') end collate "C" as source_db,
  word(v -> 'title') as title, word(v -> 'abstract') as abstract,
  case when jsonb_typeof(v -> 'authors') = 'array' then array(select word(a) from jsonb_array_elements(v -> 'authors') as a where word(a) is not null)
    when word(v -> 'authors') is not null then array[word(v -> 'authors')] end as authors,
  word(v -> 'journal') as journal, case when num(v -> 'year') between 1500 and 2100 then num(v -> 'year')::smallint end as publication_year,
  word(v -> 'url') as url, case when num(v -> 'citation_count') between 0 and 1e9 then num(v -> 'citation_count')::integer end as citation_count,
  nullif(jsonb_strip_nulls(v - array['pmid', 'PMID', 'evidence_type', 'source_db', 'title', 'abstract', 'authors', 'year', 'journal', 'citation_count', 'doi', 'url']), '{}')
    as details
from identified as i offset 0) as r;
analyze references_read;

create unlogged table expected_citations as
select gene, publication_id, source_db, coalesce(details, '{}') as details, md5(row(gene, publication_id, source_db, coalesce(details, '{}'))::text) as citation, min(example) as example,
  min(path) as path, min(raw::text) as raw from references_read where side = 'legacy' and publication_id is not null group by 1, 2, 3, 4;
analyze expected_citations;
create unlogged table shown_citations as
select md5(row(gene, publication_id, source_db, coalesce(details, '{}'))::text) as citation, gene, min(path) as path, min(raw::text) as raw
from references_read where side = 'view' group by gene, publication_id, source_db, coalesce(details, '{}');
analyze shown_citations;

insert into differences
select e.example, e.gene, 'source_references', e.path, e.raw, null, 'gene_publications'
from expected_citations as e left join shown_citations as s using (citation) where s.citation is null
union all
select null, s.gene, 'source_references', s.path, null, s.raw, 'gene_publications'
from shown_citations as s left join expected_citations as e using (citation) where e.citation is null
union all
select t.example, t.gene, t.column_name, t.path, t.raw::text, null, 'mediabase_ops.quarantine' from references_read as t
where t.side = 'legacy' and t.publication_id is null and not exists (
  select from quarantined as q where q.gene_id = t.gene and q.legacy_column = t.column_name and q.json_path = t.path and q.raw_value = t.raw);

-- the richest description of each publication: title, abstract, DOI, address, then the most frequent, then the first by text
create unlogged table descriptions as
select publication_id, content, min(title) as title, min(abstract) as abstract, min(authors::text)::text[] as authors, min(journal) as journal,
  min(publication_year) as publication_year, min(doi) as doi, min(url) as url, min(citation_count) as citation_count, sum(n) as n
from references_read where side = 'legacy' and publication_id is not null
group by 1, 2;
analyze descriptions;
create unlogged table expected_publications as
select distinct on (publication_id) *
from descriptions
order by publication_id, (title is not null) desc, (abstract is not null) desc, (doi is not null) desc, (url is not null) desc, n desc, title collate "C", content;
analyze expected_publications;

insert into account
select r.column_name,
  case when r.publication_id is null then 'quarantine' when r.raw_pmid <> r.pmid or r.place = 'salvaged' or x.content <> r.content then 'repair' else 'equal' end,
  case when r.publication_id is null then 'bad_pmid' when r.place = 'salvaged' then 'array_salvaged' when r.raw_pmid ~* '^pubmed|^pmid' then 'pmid_prefix' when r.raw_pmid <> r.pmid then 'pmid_format'
    when x.content <> r.content then 'reference_differs' else '' end,
  sum(r.n)
from references_read as r left join expected_publications as x using (publication_id)
where r.side = 'legacy' group by 1, 2, 3;
