-- Grain: one row per publication that a distinct source_references (or, before v0.1.4, publications) value of a gene names,
-- and per one named inside a drug entry (data of early 2025).
-- Rules: a PubMed id has 1 to 8 digits, a prefix is dropped; without one, a DOI names the publication; else quarantine. A bare text in a list counts only if it says that it is a PubMed id.
-- Inputs: gene_payloads.
create unlogged table reference_facts as
with entries as (
  select payload_id, gene_id, field, n, section, '$.' || section || '[' || (position - 1) || ']' as path, e as raw, 'member' as place
  from gene_payloads cross join jsonb_each(object_of(value)) as s (section, list)
  cross join jsonb_array_elements(json_members(list)) with ordinality as l (e, position)
  where reason is null and field in ('source_references', 'publications')
  union all
  select payload_id, gene_id, field, n, section, '$.' || section, list, 'alone'
  from gene_payloads cross join jsonb_each(object_of(value)) as s (section, list)
  where reason is null and field in ('source_references', 'publications') and jsonb_typeof(list) <> 'array'
  union all
  select payload_id, gene_id, field, n, 'publications', '$[' || (position - 1) || ']', e,
    case field when 'publications' then 'member' else 'salvaged' end
  from gene_payloads cross join jsonb_array_elements(json_members(value)) with ordinality as l (e, position)
  where reason is null and field in ('source_references', 'publications')
  union all
  select payload_id, gene_id, field, n, null, '$', value, 'alone'
  from gene_payloads
  where reason is null and field in ('source_references', 'publications') and jsonb_typeof(value) not in ('object', 'array')
  union all
  select payload_id, gene_id, 'drugs.references', n, 'drugs', '$.' || key || '.references[' || (position - 1) || ']', e, 'member'
  from gene_payloads cross join jsonb_each(object_of(value)) as d (key, drug)
  cross join jsonb_array_elements(json_members(object_of(drug) -> 'references')) with ordinality as l (e, position)
  where reason is null and field = 'drugs'
),
read as (
  select
    payload_id, gene_id, field, n, section, path, raw, place, object_of(raw) as v,
    coalesce(json_text(object_of(raw) -> 'pmid'), json_text(object_of(raw) -> 'PMID'), json_text(raw)) as raw_pmid,
    (case when object_of(raw) ? 'doi' then lower(substring(json_text(raw -> 'doi') from '(10\.[0-9]{4,9}/\S+)$')) end) collate "C" as doi
  from entries
  offset 0
),
identified as (
  select *, pubmed_id(raw_pmid) collate "C" as pmid from read
  offset 0
),
typed as materialized (
  select
    payload_id, gene_id, field, n, section, path, raw, raw_pmid, pmid,
    case when octet_length(doi) <= 500 then doi end as doi,
    coalesce(pmid::bigint, 10000000000 + abs(content_id('doi:' || doi) % 9000000000000000)) as publication_id,
    case when octet_length(v ->> 'evidence_type') <= 200 then json_text(v -> 'evidence_type') end as evidence_type,
    (case when octet_length(json_text(v -> 'source_db')) <= 100 then json_text(v -> 'source_db') else coalesce(section, 'unknown') end)
      collate "C" as source_db,
    json_text(v -> 'title') as title, json_text(v -> 'abstract') as abstract, json_text(v -> 'journal') as journal,
    case when jsonb_typeof(v -> 'authors') = 'array' then array(select json_text(a) from jsonb_array_elements(v -> 'authors') as a where json_text(a) is not null)
      when json_text(v -> 'authors') is not null then array[json_text(v -> 'authors')] end as authors,
    case when json_number(v -> 'year') between 1500 and 2100 then json_number(v -> 'year')::smallint end as publication_year,
    case when json_number(v -> 'citation_count') between 0 and 1e9 then json_number(v -> 'citation_count')::integer end as citation_count,
    json_text(v -> 'url') as url,
    nullif(jsonb_strip_nulls(v - array['pmid', 'PMID', 'evidence_type', 'source_db', 'title', 'abstract', 'authors', 'year', 'journal', 'citation_count',
      'doi', 'url']), '{}') as details,
    case
      when jsonb_typeof(raw) <> 'object' and (place = 'alone' or coalesce(raw_pmid !~* '^\s*(pmid|pubmed)', true)) then 'not_an_object'
      when pmid is null and doi is null then 'bad_pmid'
    end as reason,
    array_remove(array[
      case when jsonb_typeof(raw) <> 'object' or place = 'salvaged' then 'array_salvaged' end,
      case when pmid is not null and raw_pmid <> pmid and raw_pmid ~* '^pubmed|^pmid' then 'pmid_prefix' end,
      case when pmid is not null and raw_pmid <> pmid and raw_pmid !~* '^pubmed|^pmid' then 'pmid_format' end,
      case when pmid is not null and jsonb_typeof(v -> 'pmid') = 'number' then 'pmid_number' end,
      case when pmid is null and raw_pmid is not null then 'bad_pmid' end,
      case when v ? 'year' and jsonb_typeof(v -> 'year') <> 'null' and v ->> 'year' <> ''
        and coalesce(json_number(v -> 'year') not between 1500 and 2100, true) then 'unreadable_value' end
    ], null) as repairs
  from identified
),
-- hardly ever do two references describe one publication differently: only those are compared
described as (
  select publication_id, md5(row(title, abstract, authors, journal, publication_year, doi, url, citation_count)::text) as content,
    bool_or(title is not null) as has_title, bool_or(abstract is not null) as has_abstract, bool_or(doi is not null) as has_doi,
    bool_or(url is not null) as has_url, sum(n) as n, min(title collate "C") as title
  from typed where reason is null group by 1, 2
),
chosen as (
  select distinct on (publication_id) publication_id, content as kept_content from described
  where publication_id in (select publication_id from described group by 1 having count(*) > 1)
  order by publication_id, has_title desc, has_abstract desc, has_doi desc, has_url desc, n desc, title, content
),
compared as (
  select t.*,
    c.publication_id is not null and t.reason is null
      and md5(row(title, abstract, authors, journal, publication_year, doi, url, citation_count)::text) <> c.kept_content as differs
  from typed as t left join chosen as c using (publication_id)
)
select
  payload_id, gene_id, field, path, n, section, publication_id, pmid, doi, evidence_type, source_db, title, abstract, authors, journal,
  publication_year, citation_count, url, details, reason,
  case when reason is null then repairs || case when differs then array['reference_differs'] else '{}' end else '{}' end as repairs,
  null::text as winner,
  case when reason is not null or repairs <> '{}' or differs then raw end as raw, differs,
  reason is null and row_number() over (
    partition by gene_id, publication_id, source_db, reason order by (repairs <> '{}' or differs), (title is null), payload_id, path) = 1 as is_first
from compared;
