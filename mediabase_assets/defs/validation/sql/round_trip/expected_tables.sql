-- Every normalized table as it follows from the legacy facts that the proof read: expected__<relation>, with the names of its
-- columns. What the legacy table never held is NULL. Each is compared with the table itself, cell by cell.
-- Inputs: the relations of the files before. Left out: created_at, updated_at; which spelling of a drug's name a gene shows
-- (drugs.sql: one of the gene's own); ids of GO sets, which follow from the members (go.sql compares those).
create unlogged table expected__genes as
select gene as gene_id, version as gene_version, symbol as gene_symbol, symbol_source, null::text as gene_name, gene_type, chromosome,
  place as genomic_coordinates, (place ->> 'start')::bigint as start_position, (place ->> 'end')::bigint as end_position, (place ->> 'strand')::smallint as strand,
  is_par, quality::smallint as quality_score, transcripts as source_transcript_count
from expected_genes;

create unlogged table expected__transcripts as
select distinct on (transcript) transcript as transcript_id, version_of_transcript as transcript_version, gene as gene_id, transcript_name, null::text as transcript_type,
  case when tsl ~ '^\d{1,4}( .*)?$' then substring(tsl from '^\d+')::smallint end as support_level, chromosome_said as chromosome, place as coordinates,
  case when level ~ '^\d{1,4}$' then level::smallint end as annotation_level, string_to_array(tags, ',') as tags, ccds as ccds_id, havana as havana_id,
  case when protein ~ '^ENSP\d{11}(\.\d+)?$' then protein end as ensembl_protein_id, is_par_row as is_par,
  case when expression_fold_change > 0 and expression_fold_change < 'Infinity' then expression_fold_change end as expression_fold_change,
  gene, product_type
from kept_rows
order by transcript, says_par(raw_transcript_id), version_of_transcript desc nulls last, raw_transcript_id;

create unlogged table expected__transcript_products as
select ('x' || substr(md5(t.transcript_id || '|' || m || '|'), 1, 16))::bit(64)::bigint as product_id, t.transcript_id, null::text as uniprot_id,
  null::text as protein_name, m as product_type, null::text as function_description, t.ensembl_protein_id
from expected__transcripts as t join product_sets as p on p.gene = t.gene and p.digest = t.product_type cross join unnest(p.value) as m;

create unlogged table expected__gene_cross_references as
select gene as gene_id, db as external_db, external_id, version as external_version,
  is_named_as_one or count(*) over (partition by gene, db) = 1 as is_primary, source
from expected_identifiers;

create unlogged table expected__gene_annotations as
select distinct gene as gene_id, case field when 'molecular_functions' then 'molecular_function' else field end as annotation_type, value as annotation_value,
  case field when 'product_type' then 'UniProt' else 'GO' end as source
from members_told where octet_length(value) <= 600;

create unlogged table expected__go_terms as
select go_id, term as term_name, aspect as category, definition from expected_go_terms;

create unlogged table expected__go_term_sets as
select ('x' || substr(md5(string_agg(row(go_id, evidence_code, qualifier, is_inherited, inherited_from, pmids)::text, '|' order by go_id collate "C")), 1, 16))::bit(64)::bigint
  as go_set_id, count(*)::integer as term_count
from go_term_set_members as m where m.go_set_id in (select t.go_set_id from transcripts as t) group by m.go_set_id;

create unlogged table expected__go_term_set_members as
select go_set_id, go_id, case when inherited_from is null then evidence_code end as evidence_code, inherited_from is not null as is_inherited
from go_term_set_members;

-- of the PharmGKB objects of one gene and pathway the one that most rows hold; of those of a pathway the one told most often
create unlogged table kept_objects as
select gene, pathway_id, case when octet_length(role) <= 100 then role end as role, pmids_controlled(raw -> 'reactions', symbol) as pmids, other
from (
  select distinct on (gene, pathway_id) * from objects_read where side = 'legacy' and pathway_id is not null
  order by gene, pathway_id, n desc, digest, field, path) as o;

create unlogged table expected__pathways as
with told as (
  select pathway_id, digest, sum(n) as n, (array_agg(raw))[1] as raw from objects_read
  where side = 'legacy' and pathway_id is not null and quarantine_reason is null group by 1, 2
),
chosen as (select distinct on (pathway_id) * from told order by pathway_id, n desc, digest)
select pathway_id, name as pathway_name, 'Reactome' as source_database,
  case substring(pathway_id from '^R-([A-Z]+)-')
    when 'HSA' then 'Homo sapiens' when 'MMU' then 'Mus musculus' when 'RNO' then 'Rattus norvegicus' when 'DRE' then 'Danio rerio'
    when 'DME' then 'Drosophila melanogaster' when 'CEL' then 'Caenorhabditis elegans' when 'SCE' then 'Saccharomyces cerevisiae'
    when 'SPO' then 'Schizosaccharomyces pombe' when 'DDI' then 'Dictyostelium discoideum' when 'PFA' then 'Plasmodium falciparum'
    when 'BTA' then 'Bos taurus' when 'CFA' then 'Canis familiaris' when 'SSC' then 'Sus scrofa' when 'GGA' then 'Gallus gallus'
    when 'XTR' then 'Xenopus tropicalis' when 'MTU' then 'Mycobacterium tuberculosis' end as species,
  'https://reactome.org/content/detail/' || pathway_id as pathway_url, null::text as parent_pathway_id, null::integer as pathway_level,
  null::text as pathway_category, null::text as drug_focus, null::jsonb as clinical_relevance
from expected_reactome
union all
select pathway_id, word(raw -> 'pathway_name'), 'PharmGKB', 'Homo sapiens', 'https://www.pharmgkb.org/pathway/' || pathway_id, null, null,
  case when lower(word(raw -> 'pathway_type')) <> 'unknown' then left(word(raw -> 'pathway_type'), 200) end,
  case when lower(word(raw -> 'drug_focus')) <> 'unknown' then word(raw -> 'drug_focus') end,
  case when jsonb_typeof(raw -> 'clinical_relevance') = 'object' then raw -> 'clinical_relevance' end
from chosen;

create unlogged table expected__gene_pathways as
select t.gene as gene_id, t.pathway_id, x.name as pathway_name, 'Reactome' as pathway_source, null::text as parent_pathway_id, null::integer as pathway_level,
  null::text as pathway_category, null::text as evidence_code, null::numeric as confidence_score, null::text as gene_role, '{}'::text[] as pmids, null::jsonb as details
from (select distinct gene, pathway_id from pathways_told where side = 'legacy' and pathway_id is not null) as t join expected_reactome as x using (pathway_id)
union all
select k.gene, k.pathway_id, p.pathway_name, 'PharmGKB', null, null, p.pathway_category, null, null, k.role, k.pmids, k.other
from kept_objects as k join expected__pathways as p using (pathway_id);

create unlogged table expected__pharmgkb_pathway_reactions as
with objects as (
  select distinct on (pathway_id, digest) pathway_id, raw from objects_read
  where side = 'legacy' and pathway_id is not null and coalesce(quarantine_reason, 'conflicting_value') = 'conflicting_value' order by pathway_id, digest
),
read as (
  select o.pathway_id, i, word(v -> 'from') as from_entity, word(v -> 'to') as to_entity, word(v -> 'reaction_type') as reaction_type,
    word(v -> 'control_type') as control_type, word(v -> 'cell_type') as cell_type, words(v -> 'controller_genes') as controller_genes,
    words(v -> 'drugs') as drugs, words(v -> 'diseases') as diseases, pubmeds(v -> 'pmids') as pmids, word(v -> 'summary') as summary
  from objects as o cross join jsonb_array_elements(listed(o.raw -> 'reactions')) with ordinality as r (v, i) where jsonb_typeof(v) = 'object'
),
grouped as (select pathway_id, min(i) as i, from_entity, to_entity, reaction_type, control_type, cell_type, controller_genes, drugs, diseases, pmids, summary
  from read group by 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
select pathway_id, (row_number() over (partition by pathway_id order by i, md5(row(from_entity, to_entity, reaction_type, control_type, cell_type,
    controller_genes, drugs, diseases, pmids, summary)::text)))::integer as reaction_index,
  from_entity, to_entity, reaction_type, control_type, cell_type, controller_genes, drugs, diseases, pmids, summary
from grouped;

create unlogged table expected__drug_interactions as
select source || ':' || drug_key as drug_interaction_id, source as source_database, drug_key as source_drug_key, name as drug_name,
  lower(regexp_replace(name, '\s+', ' ', 'g')) as drug_name_norm, mechanism as mechanism_of_action, target_type, indication, disease_area,
  case when source = 'ChEMBL' and drug_key ~ '^CHEMBL\d+$' then drug_key end as drug_chembl_id, null::text as drugbank_id, phase as max_phase,
  case phase when 'Approved' then 'Approved' when 'Withdrawn' then 'Withdrawn' when 'Preclinical' then 'Experimental'
    when 'Phase I' then 'Investigational' when 'Phase II' then 'Investigational' when 'Phase III' then 'Investigational' end as approval_status, therapeutic_flag
from expected_drugs;

create unlogged table expected__gene_drug_interactions as
with cited as (
  select gene, split_part(path, '.', 2) as key, array_agg(distinct pmid order by pmid) as pmids
  from references_read where field = 'drugs.references' and publication_id is not null and pmid is not null group by 1, 2
),
entries as (
  select distinct on (p.gene, p.source, p.drug_key) p.*, s.name as shown_name
  from drug_pairs as p left join drugs_shown as s using (gene, source, drug_key) where p.quarantine_reason is null
  order by p.gene, p.source, p.drug_key, (p.name is distinct from s.name), p.path
)
select e.gene as gene_id, d.drug_interaction_id, d.drug_name, nullif(e.shown_name, d.drug_name) as reported_name, e.drug_key as drug_id, e.interaction_type,
  e.mechanism as mechanism_of_action, e.is_target as is_mechanism_target, e.target_name, e.target_type, e.indication, e.disease_area, e.therapeutic_flag,
  null::text as evidence_level, e.source, c.pmids[1] as pmid, d.drug_chembl_id, null::text as drugbank_id, e.phase_kept as clinical_phase, d.approval_status,
  e.activity as activity_value, e.unit as activity_unit, e.activity_type, e.p_activity, e.clinical_score, null::text as drug_class, null::text as drug_type,
  coalesce(case when e.clinical_score >= 1 then least(5, round(e.clinical_score))::integer end,
    case e.phase_kept when 'Approved' then 5 when 'Phase III' then 4 when 'Phase II' then 3 when 'Phase I' then 2 end,
    case when e.is_target then 3 when e.activity is not null then 2 else 1 end) as evidence_strength,
  coalesce(c.pmids, '{}') as pmids, e.details
from entries as e
join expected__drug_interactions as d on d.source_database = e.source and d.source_drug_key = e.drug_key
left join cited as c on c.gene = e.gene and '$.' || c.key = e.path;

create unlogged table expected__pharmacogenomic_annotations as
select distinct on (annotation_id, gene, drug) annotation_id, gene as gene_id, variant as variant_identifier, drug as drug_name, phenotype,
  category as phenotype_category, significance as clinical_significance, level as evidence_level, score, population, pmids, url as pharmgkb_url, kind, list as variant_list, details
from annotation_pairs where not is_unfit and quarantine_reason is distinct from 'conflicting_value'
order by annotation_id, gene, drug, n desc, content;

create unlogged table expected__publications as
with cited as (
  select unnest(pmids) as pmid from expected__pharmgkb_pathway_reactions
  union select unnest(pmids) from expected__pharmacogenomic_annotations
  union select unnest(pmids) from go_told where digest is not null and go_id is not null and pmids <> '{}'
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
  string_agg(distinct evidence_type, ', ' order by evidence_type) as evidence_type, source_db, sum(n)::integer as mention_count, null::numeric as relevance_score,
  jsonb_agg(distinct details order by details) filter (where details is not null) as details
from mentions group by gene, publication_id, source_db;
