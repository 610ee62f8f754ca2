-- PharmGKB payloads: one row per pathway object, then one row per pharmacogene with its whole payload.
-- Grain of membership: each pharmacogene is in two or three of 97 pathways; every gene of a pathway gets the whole object,
-- which is what made the old table large. Payloads are about 20 kB. Inputs: mediabase_demo_gene, mediabase_demo_drug.
create temporary table mediabase_demo_member as
with ranked as (
  select g, symbol, r3, r5, row_number() over (order by g) - 1 as q from mediabase_demo_gene where is_pharmacogene
)
select distinct g, symbol, ((q * 5 + k * 31) % 97)::int as p
from ranked, generate_series(0, (1 + r3 % 2)::int) as k;

create temporary table mediabase_demo_object as
with reactions as (
  select p, jsonb_agg(jsonb_build_object(
           'from', d.name, 'to', d.name || ' metabolite ' || k,
           'reaction_type', (array['Biochemical Reaction', 'Transport', 'Binding'])[1 + k % 3],
           'controller_genes', jsonb_build_array(m.symbols[1 + k % cardinality(m.symbols)]),
           'control_type', (array['Catalysis', 'Inhibition', 'Modulation'])[1 + (p + k) % 3],
           'cell_type', (array['hepatocyte', 'cancer cell', 'cell'])[1 + (p * 3 + k) % 3],
           'pmids', jsonb_build_array((90000000 + pg_temp.mediabase_demo_hash(p, k) % 9999999)::text,
                                      (90000000 + pg_temp.mediabase_demo_hash(p, k + 500) % 9999999)::text),
           'drugs', jsonb_build_array(d.name), 'diseases', '[]'::jsonb, 'summary', '') order by k) as reactions
  from (select p, array_agg(symbol order by g) as symbols from mediabase_demo_member group by p) as m
  cross join lateral generate_series(0, 14 + p % 31) as k
  join mediabase_demo_drug as d on d.n = (p * 11 + k * 3) % 401
  group by p
), roles as (
  select p, count(*) as genes, jsonb_object_agg(symbol, jsonb_build_object(
           'role', (array['enzyme', 'transporter', 'target'])[1 + g % 3],
           'reactions', jsonb_build_array('demo reaction ' || p), 'importance', (array['critical', 'moderate'])[1 + g % 2])) as roles
  from mediabase_demo_member group by p
)
select p, 'PA99' || lpad(p::text, 7, '0') as id,
       jsonb_build_object(
         'pathway_name', 'Demo Pathway ' || p || (array[' Pharmacokinetics', ' Pharmacodynamics'])[1 + p % 2],
         'pathway_id', 'PA99' || lpad(p::text, 7, '0'), 'drug_focus', d.name,
         'pathway_type', (array['Pharmacokinetics', 'Pharmacodynamics'])[1 + p % 2],
         'reactions', reactions, 'gene_roles', roles,
         'clinical_relevance', jsonb_build_object('cancer_relevance', p % 2 = 0, 'drug_interactions', false,
                                                  'genetic_variants', true, 'clinical_implications', 'Demonstration only.'),
         'statistics', jsonb_build_object('total_reactions', jsonb_array_length(reactions), 'unique_genes', genes,
                                          'pmid_count', 2 * jsonb_array_length(reactions),
                                          'drug_mentions', jsonb_array_length(reactions))) as object
from reactions join roles using (p) join mediabase_demo_drug as d on d.n = p;

create temporary table mediabase_demo_payload as
with pathways as (
  select g, jsonb_object_agg(id, object) as pathway_data, count(*) as total,
         sum(jsonb_array_length(object -> 'reactions')) as reactions
  from mediabase_demo_member join mediabase_demo_object using (p) group by g
), annotations as (
  select g, count(*) as total, jsonb_agg(jsonb_build_object(
           'annotation_id', (9000000000 + g * 10 + k)::text, 'variant', 'rs9' || lpad((g * 10 + k)::text, 9, '0'),
           'drug', d.name, 'phenotype_category', (array['Toxicity', 'Efficacy', 'Dosage'])[1 + k % 3],
           'phenotypes', 'Demo phenotype ' || k, 'evidence_level', '3', 'level_modifiers', '', 'score', 1.5,
           'evidence_score', 1, 'pmid_count', 2, 'evidence_count', 2,
           'url', 'https://www.pharmgkb.org/clinicalAnnotation/' || (9000000000 + g * 10 + k),
           'specialty_population', '', 'source', 'PharmGKB_Clinical_Annotations') order by k) as annotations,
         jsonb_agg(d.name order by k) as drugs
  from mediabase_demo_gene cross join lateral generate_series(0, (r1 % 4)::int) as k
  join mediabase_demo_drug as d on d.n = (r6 + k * 7) % 401
  where is_pharmacogene group by g
), variants as (
  select g, jsonb_build_object(
           'summary', jsonb_build_object('total_variants', 1, 'high_impact_variants', 1, 'clinical_actionable', 1,
                                         'variant_types', jsonb_build_array('SNP'), 'pmid_count', 1),
           'high_impact_variants', jsonb_build_array(jsonb_build_object(
             'variant_id', 'rs9' || lpad((g * 10)::text, 9, '0'), 'variant_type', 'SNP', 'drugs', jsonb_build_array(d.name),
             'phenotype_category', 'Toxicity', 'significance', 'yes', 'direction_of_effect', 'increased',
             'pharmacogenomic_score', 70, 'clinical_actionability', 'high', 'evidence_level', 'high',
             'metabolizer_prediction', jsonb_build_object('phenotype', 'unknown', 'confidence', 'low', 'basis', 'none'),
             'pmid', (90000000 + r4 % 9999999)::text, 'clinical_sentence', 'Demonstration only.',
             'specialty_population', '')),
           'cyp450_variants', '[]'::jsonb, 'cancer_relevant_variants', '[]'::jsonb) as variants
  from mediabase_demo_gene join mediabase_demo_drug as d on d.n = r6 % 401
  where is_pharmacogene and r3 % 4 = 0
)
select g, p.pathway_data, coalesce(v.variants, '{}') as variants, a.total as annotation_count,
       jsonb_build_object(
         'source', 'PharmGKB', 'processed_date', '2025-06-18T10:00:00', 'clinical_annotations', a.annotations,
         'annotation_summary', jsonb_build_object(
           'total_annotations', a.total, 'max_evidence_score', 1, 'avg_score', 1.5, 'total_pmids', 2 * a.total,
           'total_evidence', 2 * a.total, 'evidence_levels', jsonb_build_array('3'), 'drugs_mentioned', a.drugs,
           'phenotype_categories', jsonb_build_array('Toxicity'), 'level_modifiers', '[]'::jsonb),
         'pathway_data', p.pathway_data,
         'pathway_summary', jsonb_build_object('total_pathways', p.total, 'cancer_relevant_pathways', 1, 'enzyme_pathways', 1,
                                               'total_reactions', p.reactions, 'total_pmids', 2 * p.reactions))
       || case when v.g is null then '{}' else jsonb_build_object('variant_summary', v.variants -> 'summary') end as payload
from annotations as a join pathways as p using (g) left join variants as v using (g);
alter table mediabase_demo_payload add primary key (g);
