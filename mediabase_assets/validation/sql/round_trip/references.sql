-- References: which publication a gene's annotation cites, by which source, with what else the reference says.
-- Rules: a publication by its PubMed id (1 to 8 digits, prefix dropped) or its DOI; the section is told by the source; how the
-- publication is described is told once, by its richest reference.
-- Several PubMed ids in one text are several publications, of which the first is described. How a single value reads is told by
-- the rules that the extraction uses too (extraction/sql/rules/annotation.sql).
-- Inputs: legacy_values, view_genes, quarantined.
create view reference_entries as
with sides as not materialized (
  select 'legacy' as side, field, gene, n, example, value, jsonb_typeof(value) = 'object' as is_object
  from legacy_values where field in ('source_references', 'publications')
  union all select 'view', 'source_references', gene, 1, transcript_id, source_references, jsonb_typeof(source_references) = 'object' from view_genes
)
select side, field, field as column_name, gene, n, example,
  case when is_object then key when is_list then 'publications' end as section,
  '$' || case when is_object then '.' || key else '' end || case when is_list then '[' || (i - 1) || ']' else '' end as path, e as raw,
  case when not is_list then 'alone' when is_object or field = 'publications' then 'member' else 'salvaged' end as place
from (
  select side, field, gene, n, example, is_object, key, list, jsonb_typeof(list) = 'array' as is_list
  from sides cross join jsonb_each(case when is_object then value else jsonb_build_object('', value) end) as s (key, list) where list <> '[]'
) as s cross join jsonb_array_elements(case when is_list then list else jsonb_build_array(list) end) with ordinality as l (e, i)
union all
select 'legacy', 'drugs.references', 'drugs', gene, n, example, 'drugs', '$.' || key || '.references[' || (i - 1) || ']', e, 'member'
from legacy_values cross join jsonb_each(object(value)) as d (key, drug)
cross join jsonb_array_elements(listed(object(drug) -> 'references')) with ordinality as l (e, i) where field = 'drugs';

create view reference_facts as
with read as (
  select *, object(raw) as v, pubmed_value(raw) as pubmed_said,
    case when object(raw) ? 'doi' then lower_case(doi_in(word(raw -> 'doi'))) end collate "C" as raw_doi
  from reference_entries offset bigint '0'
),
identified as (
  select *, word(pubmed_said) as raw_pmid, pubmed_ids(pubmed_said) as pmids,
    jsonb_typeof(raw) <> 'object' and (place = 'alone' or not says_pubmed(word(raw))) as is_no_reference
  from read offset bigint '0'
),
each as (
  select i.*, pmids[k] collate "C" as pmid, case when k = 1 then raw_doi end as doi, k > 1 as is_further,
    case when k = 1 then v else jsonb_strip_nulls(jsonb_build_object('evidence_type', v -> 'evidence_type', 'source_db', v -> 'source_db')) end as told
  from identified as i cross join generate_series(1, case when is_no_reference then 1 else greatest(cardinality(pmids), 1) end) as k
)
select side, field, column_name, gene, n, example, path, raw, v, told, raw_pmid, pubmed_said, place, pmid, doi, is_further,
  case when not is_no_reference then coalesce(pmid::bigint,
    10000000000 + abs(('x' || substr(md5('doi:' || doi), 1, 16))::bit(64)::bigint % 9000000000000000)) end as publication_id,
  case when octet_length(v ->> 'evidence_type') <= 200 then word(v -> 'evidence_type') end as evidence_type,
  case when octet_length(word(v -> 'source_db')) <= 100 then word(v -> 'source_db') else coalesce(section, 'unknown') end collate "C" as source_db,
  nullif(jsonb_strip_nulls(told - array['pmid', 'PMID', 'evidence_type', 'source_db', 'title', 'abstract', 'authors', 'year', 'journal', 'citation_count', 'doi', 'url']), '{}')
    as details
from each;

create unlogged table references_read as
select *, case when is_told then md5(row(title, abstract, authors, journal, publication_year, doi, url, citation_count)::text)::uuid end as content
from (
  select is_told, case when is_told then field end as field, case when is_told then column_name end as column_name, gene, n, case when is_told then example end as example,
    case when is_told then path end as path, case when is_told and publication_id is null then raw end as raw, place = 'salvaged' as is_salvaged, pmid, publication_id,
    case when raw_pmid = pmid or pmid is null then null when says_pubmed(raw_pmid) then 'pmid_prefix' else 'pmid_format' end as other_form,
    pmid is not null and raw_pmid is distinct from pmid as is_reformed, is_further,
    is_told and not is_further and pmid is not null and raw_pmid is distinct from pmid and says_other_references(pubmed_said) as names_other, is_told and (says_unread_number(t) or says_unread_source(v)) as is_unread, evidence_type, source_db, details, word(t -> 'title') as title, word(t -> 'abstract') as abstract,
    authors_in(t -> 'authors') as authors, word(t -> 'journal') as journal, year_in(t -> 'year') as publication_year, doi,
    word(t -> 'url') as url, citations_in(t -> 'citation_count') as citation_count
  from (select *, side = 'legacy' as is_told, case when side = 'legacy' then told end as t from reference_facts) as f offset bigint '0') as r;
analyze references_read;

-- citations of one side alone; how they read is looked up only if there are any
create unlogged table citations_apart as
select distinct coalesce(t.gene, s.gene) as gene
from (select gene, publication_id, source_db, coalesce(details::text, '{}') as said from references_read where is_told and publication_id is not null) as t
full join (select gene, publication_id, source_db, coalesce(details::text, '{}') as said from references_read where not is_told) as s
  on s.gene = t.gene and s.publication_id = t.publication_id and s.source_db = t.source_db and s.said = t.said
where t.gene is null or s.gene is null;
analyze citations_apart;

insert into differences
with citations as materialized (
  select side, gene, publication_id, source_db, coalesce(details::text, '{}') as said, min(example) as example, min(path) as path, min(raw::text) as raw
  from reference_facts
  where exists (select from citations_apart) and gene in (select gene from citations_apart) and (side = 'view' or publication_id is not null)
  group by 1, 2, 3, 4, 5
)
select case c.side when 'legacy' then c.example end, c.gene, 'source_references', c.path,
  case c.side when 'legacy' then c.raw end, case c.side when 'view' then c.raw end, 'gene_publications'
from citations as c
where not exists (select from citations as o where o.side <> c.side and o.gene = c.gene and o.publication_id = c.publication_id and o.source_db = c.source_db and o.said = c.said)
union all
select t.example, t.gene, t.column_name, t.path, t.raw::text, null, 'mediabase_ops.quarantine' from references_read as t
where t.is_told and t.publication_id is null and not exists (
  select from quarantined as q where q.gene_id = t.gene and q.legacy_column = t.column_name and q.json_path = t.path and q.raw_value = t.raw);

-- what beside PubMed ids stands in a text that names publications is in quarantine, with its path
create unlogged table other_references_told as
select f.example, f.gene, f.column_name, l.path, l.leaf from reference_facts as f
cross join leaves_at(
  f.path || case when jsonb_typeof(raw) <> 'object' then '' when pubmed_said is not distinct from raw -> 'pmid' then '.pmid' else '.PMID' end, pubmed_said) as l
where exists (select from references_read where names_other) and f.side = 'legacy' and not is_further and publication_id is not null and pmid is not null
  and raw_pmid is distinct from pmid and says_other_reference(l.leaf);
analyze other_references_told;

insert into differences
select r.example, r.gene, r.column_name, r.path, r.leaf::text, null, 'mediabase_ops.quarantine' from other_references_told as r
where not exists (
  select from quarantined as q where q.gene_id = r.gene and q.legacy_column = r.column_name and q.json_path = r.path and q.raw_value = r.leaf);

-- the richest description of each publication: title, abstract, DOI, address, then the most frequent, then the first by text
create unlogged table descriptions as
select publication_id, content, min(title) as title, min(abstract) as abstract, min(authors::text)::text[] as authors, min(journal) as journal,
  min(publication_year) as publication_year, min(doi) as doi, min(url) as url, min(citation_count) as citation_count, sum(n) as n
from references_read where is_told and publication_id is not null
group by 1, 2;
analyze descriptions;
create unlogged table expected_publications as
select distinct on (publication_id) *
from descriptions
order by publication_id, (title is not null) desc, (abstract is not null) desc, (doi is not null) desc, (url is not null) desc, n desc, title collate "C", content;
analyze expected_publications;

insert into account
select r.column_name,
  case when r.publication_id is null then 'quarantine' when r.is_reformed or r.is_salvaged or r.is_unread or x.content <> r.content then 'repair' else 'equal' end,
  case when r.publication_id is null then 'bad_pmid' when r.is_salvaged then 'array_salvaged' when r.other_form is not null then r.other_form
    when r.is_unread then 'unreadable_value' when x.content <> r.content then 'reference_differs' else '' end,
  sum(r.n)
from references_read as r left join expected_publications as x using (publication_id)
where r.is_told and not r.is_further group by 1, 2, 3;
