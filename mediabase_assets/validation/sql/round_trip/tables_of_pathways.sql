-- Pathways of Reactome and PharmGKB as they follow from the legacy facts that the proof read.
-- Inputs: objects_read, pathways_told, expected_reactome.
-- of the PharmGKB objects of one gene and pathway the one that most rows hold; of those of a pathway the one told most often
create unlogged table kept_objects as
select gene, pathway_id, role, pmids_controlled(raw -> 'reactions', symbol) as pmids, other
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
  pathway_category_of(word(raw -> 'pathway_type')), case when not says_unknown(word(raw -> 'drug_focus')) then word(raw -> 'drug_focus') end,
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
