-- Grain: one row per publication that a distinct source_references (or, before v0.1.4, publications) value of a gene names,
-- and per one named inside a drug entry (data of early 2025).
-- (place `further`: the second and later PubMed ids of one text; how the text is described belongs to the first), and one of n = 0
-- per PubMed text that also holds other ids.
-- Rules: a PubMed id has 1 to 8 digits, a prefix is dropped; without one, a DOI names the publication; else quarantine. A bare text in
-- a list counts only if it says that it is a PubMed id. What is no text, year or number is NULL, the publication stays.
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
    payload_id, gene_id, field, n, section, path, raw, place, object_of(raw) as v, pubmed_value(raw) as pubmed_said,
    (case when object_of(raw) ? 'doi' then lower_case(doi_in(json_text(raw -> 'doi'))) end) collate "C" as doi
  from entries
  offset 0
),
identified as (
  select *, json_text(pubmed_said) as raw_pmid, pubmed_ids(pubmed_said) as pmids,
    jsonb_typeof(raw) <> 'object' and (place = 'alone' or not says_pubmed(json_text(raw))) as is_no_reference
  from read
  offset 0
),
each as (
  select i.*, pmids[k] collate "C" as pmid, case when k = 1 then place else 'further' end as kind,
    case when k = 1 then v else jsonb_strip_nulls(jsonb_build_object('evidence_type', v -> 'evidence_type', 'source_db', v -> 'source_db')) end as told
  from identified as i cross join generate_series(1, case when is_no_reference then 1 else greatest(cardinality(pmids), 1) end) as k
),
typed as materialized (
  select
    payload_id, gene_id, field, n, section, path, raw, raw_pmid, pmid, kind, pubmed_said,
    case when kind <> 'further' then doi end as doi,
    coalesce(pmid::bigint, 10000000000 + abs(content_id('doi:' || doi) % 9000000000000000)) as publication_id,
    case when octet_length(v ->> 'evidence_type') <= 200 then json_text(v -> 'evidence_type') end as evidence_type,
    (case when octet_length(json_text(v -> 'source_db')) <= 100 then json_text(v -> 'source_db') else coalesce(section, 'unknown') end)
      collate "C" as source_db,
    json_text(told -> 'title') as title, json_text(told -> 'abstract') as abstract, json_text(told -> 'journal') as journal,
    authors_in(told -> 'authors') as authors, year_in(told -> 'year') as publication_year, citations_in(told -> 'citation_count') as citation_count,
    json_text(told -> 'url') as url,
    nullif(jsonb_strip_nulls(told - array['pmid', 'PMID', 'evidence_type', 'source_db', 'title', 'abstract', 'authors', 'year', 'journal', 'citation_count',
      'doi', 'url']), '{}') as details,
    case
      when is_no_reference then 'not_an_object'
      when pmid is null and doi is null then 'bad_pmid'
    end as reason,
    array_remove(array[
      case when jsonb_typeof(raw) <> 'object' or place = 'salvaged' then 'array_salvaged' end,
      case when cardinality(pmids) > 1 then 'several_references' end,
      case when pmid is not null and raw_pmid <> pmid and raw_pmid ~ '^[Pp][Uu][Bb][Mm][Ee][Dd]|^[Pp][Mm][Ii][Dd]' then 'pmid_prefix' end,
      case when pmid is not null and raw_pmid <> pmid and raw_pmid !~ '^[Pp][Uu][Bb][Mm][Ee][Dd]|^[Pp][Mm][Ii][Dd]' or pmid is not null and raw_pmid is null
        then 'pmid_format' end,
      case when pmid is not null and jsonb_typeof(v -> 'pmid') = 'number' then 'pmid_number' end,
      case when pmid is null and (raw_pmid is not null or jsonb_typeof(pubmed_said) in ('array', 'object') and pubmed_said not in ('[]', '{}')) then 'bad_pmid' end,
      case when (jsonb_typeof(told -> 'authors') = 'object' or jsonb_typeof(told -> 'authors') = 'array' and told @? '$.authors[*] ? (@.type() == "object")')
        and authors_in(told -> 'authors') is not null then 'author_objects' end,
      case when says_unread_number(told) or says_unread_source(v) then 'unreadable_value' end
    ], null) as repairs
  from each
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
    partition by gene_id, publication_id, source_db, reason
    order by (kind = 'further'), (repairs <> '{}' or differs), (title is null), payload_id, path collate "C") = 1 as is_first,
  kind = 'further' as is_further
from compared
union all
select
  payload_id, gene_id, field, l.path, 0, section, null, null, null, null, null, null, null, null, null, null, null, null, null, 'bad_pmid', '{}', null,
  l.leaf, false, false, false
from typed
cross join lateral leaves_at(path || case when jsonb_typeof(raw) <> 'object' then '' when pubmed_said is not distinct from raw -> 'pmid' then '.pmid' else '.PMID' end,
  pubmed_said) as l
where reason is null and kind <> 'further' and pmid is not null and (raw_pmid is null or raw_pmid <> pmid) and says_other_reference(l.leaf);
