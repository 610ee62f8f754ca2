-- PharmGKB's annotations, and publications cited by anything, as they follow from the legacy facts that the proof read.
-- Inputs: annotation_pairs, references_read, expected_publications, go_told, go_set_aside, kept_objects, expected__pharmgkb_pathway_reactions.
create unlogged table expected__pharmacogenomic_annotations as
select distinct on (annotation_id, gene, drug) annotation_id, gene as gene_id, variant as variant_identifier, drug as drug_name, phenotype,
  category as phenotype_category, significance as clinical_significance, level as evidence_level, score, population, pmids, url as pharmgkb_url, kind, list as variant_list, details
from annotation_pairs where not is_unfit and quarantine_reason is distinct from 'conflicting_value'
order by annotation_id, gene, drug, n desc, content;

create unlogged table expected__publications as
with cited as (
  select unnest(pmids) as pmid from expected__pharmgkb_pathway_reactions
  union select unnest(pmids) from expected__pharmacogenomic_annotations
  union select unnest(pmids) from go_told as t where digest is not null and go_id is not null and pmids <> '{}' and not exists (
    select from go_set_aside as a where a.gene = t.gene and a.digest = t.digest and a.path = t.path)
)
select publication_id, case when publication_id < 10000000000 then publication_id::text end as pmid, title, abstract, authors, journal, publication_year, doi, url,
  citation_count from expected_publications
union all
select pmid::bigint, pmid, null, null, null, null, null, null, null, null from cited
where not exists (select from expected_publications as p where p.publication_id = cited.pmid::bigint);

create unlogged table expected__gene_publications as
with mentions as (
  select gene, publication_id, evidence_type, source_db, details, count(*) as n from (
    select distinct gene, publication_id, evidence_type, source_db, details, field, path from references_read where is_told and publication_id is not null) as r
  group by 1, 2, 3, 4, 5
  union all
  select gene, pmid::bigint, 'pathway_reaction', 'PharmGKB', null, count(distinct pathway_id) from kept_objects cross join unnest(pmids) as pmid group by 1, 2
  union all
  select gene_id, pmid::bigint, kind || '_annotation', 'PharmGKB', null, count(distinct annotation_id)
  from expected__pharmacogenomic_annotations cross join unnest(pmids) as pmid group by 1, 2, 3
)
select gene as gene_id, publication_id, case when publication_id < 10000000000 then publication_id::text end as pmid,
  string_agg(distinct evidence_type collate "C", ', ' order by evidence_type collate "C") as evidence_type, source_db, sum(n)::integer as mention_count, null::numeric as relevance_score,
  in_fixed_order(array_agg(details) filter (where details is not null)) as details
from mentions group by gene, publication_id, source_db;
