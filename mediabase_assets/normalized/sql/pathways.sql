-- Grain: one row per pathway that the legacy table names, of Reactome and of PharmGKB. Name: what most facts tell, then
-- the first by text. Hierarchy is unknown to the legacy table: parent, level and (for Reactome) category stay NULL.
-- Inputs: pathway_facts, pharmgkb_pathway_facts, gene_payloads.
insert into pathways (pathway_id, pathway_name, source_database, species, pathway_url, pathway_category, drug_focus, clinical_relevance)
with reactome as (
  select pathway_id, min(kept_name) as pathway_name from pathway_facts where reason is null group by pathway_id
),
told as (
  select distinct on (f.pathway_id, f.object_digest) f.pathway_id, f.object_digest,
    json_text(o -> 'pathway_name') as pathway_name, json_text(o -> 'pathway_type') as pathway_type,
    json_text(o -> 'drug_focus') as drug_focus, case when jsonb_typeof(o -> 'clinical_relevance') = 'object' then o -> 'clinical_relevance' end
      as clinical_relevance,
    sum(f.n) over (partition by f.pathway_id, f.object_digest) as n
  from pharmgkb_pathway_facts as f
  join gene_payloads as p using (payload_id)
  cross join lateral (
    select object_of(case f.field when 'drugs' then p.value -> 'pharmgkb_data' -> 'pathway_data' -> f.legacy_key
      else p.value -> f.legacy_key end) as o offset 0) as body
  where f.reason is null
  order by f.pathway_id, f.object_digest, f.field, f.payload_id
),
pharmgkb as (
  select distinct on (pathway_id) * from told order by pathway_id, n desc, object_digest
)
select
  pathway_id, pathway_name, 'Reactome',
  case substring(pathway_id from '^R-([A-Z]+)-')
    when 'HSA' then 'Homo sapiens' when 'MMU' then 'Mus musculus' when 'RNO' then 'Rattus norvegicus' when 'DRE' then 'Danio rerio'
    when 'DME' then 'Drosophila melanogaster' when 'CEL' then 'Caenorhabditis elegans' when 'SCE' then 'Saccharomyces cerevisiae'
    when 'SPO' then 'Schizosaccharomyces pombe' when 'DDI' then 'Dictyostelium discoideum' when 'PFA' then 'Plasmodium falciparum'
    when 'BTA' then 'Bos taurus' when 'CFA' then 'Canis familiaris' when 'SSC' then 'Sus scrofa' when 'GGA' then 'Gallus gallus'
    when 'XTR' then 'Xenopus tropicalis' when 'MTU' then 'Mycobacterium tuberculosis'
  end,
  'https://reactome.org/content/detail/' || pathway_id, null, null, null::jsonb
from reactome
union all
select
  pathway_id, pathway_name, 'PharmGKB', 'Homo sapiens', 'https://www.pharmgkb.org/pathway/' || pathway_id,
  pathway_category_of(pathway_type), case when not says_unknown(drug_focus) then drug_focus end,
  clinical_relevance
from pharmgkb
order by 1;
