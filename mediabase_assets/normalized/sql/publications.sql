-- Grain: one row per publication that anything in the legacy table cites, as its richest reference describes it. publication_id is the PubMed id; without one, a number above 10^10 that follows from the DOI.
-- Inputs: reference_facts, pharmgkb_pathway_facts, pharmgkb_reactions, pharmgkb_annotation_facts, go_facts.
insert into publications (publication_id, pmid, title, abstract, authors, journal, publication_year, doi, url, citation_count)
with described as (
  select distinct on (publication_id) publication_id, pmid, title, abstract, authors, journal, publication_year, doi, url, citation_count
  from reference_facts
  where reason is null and not differs
  order by publication_id, payload_id, path collate "C"
),
only_cited as (
  select unnest(pmids) as pmid from pharmgkb_reactions where reason is null
  union
  select unnest(pmids) from pharmgkb_annotation_facts where reason is null
  union
  select unnest(pmids) from go_facts where reason is null and pmids <> '{}'
)
select publication_id, pmid, title, abstract, authors, journal, publication_year, doi, url, citation_count from described
union all
select pmid::bigint, pmid, null, null, null, null, null, null, null, null
from only_cited as c
where not exists (select from described as d where d.publication_id = c.pmid::bigint)
order by 1;
