-- One row per made-up gene with the values that all its transcripts repeat, each JSON value built and compressed once.
-- Inputs: mediabase_demo_gene, _go, _pathway, _drug, _payload. Lists step through a dictionary by a stride of the gene's
-- own, squared towards its low numbers; genes without a kind of fact hold what the old programs left there.
create temporary table mediabase_demo_gene_go as
select g,
       jsonb_object_agg(d.id, jsonb_build_object(
         'term', d.term, 'aspect', d.aspect,
         'evidence', (array['IDA','IEA','TAS','IMP','IBA','IEA','ISS','IPI','EXP','','NAS','HDA'])[1 + (r3 + n) % 12])) as go_terms,
       array_agg(d.term order by d.term collate "C") filter (where d.aspect = 'molecular_function') as functions,
       array_agg(d.term order by d.term collate "C") filter (where d.aspect = 'cellular_component') as locations
from (select distinct g, r3, i * i / 4001 as n
      from mediabase_demo_gene, lateral (select (r5 + k * (1 + r6 % 4000)) % 4001 as i
                                         from generate_series(0, go_count - 1) as k) as picked) as picks
join mediabase_demo_go as d using (n) group by g;

create temporary table mediabase_demo_gene_pathway as
select g, array_agg(d.entry order by d.entry collate "C") as pathways
from (select distinct g, i * i / 1201 as n
      from mediabase_demo_gene, lateral (select (r4 + k * (1 + r5 % 1200)) % 1201 as i
                                         from generate_series(0, pathway_count - 1) as k) as picked) as picks
join mediabase_demo_pathway as d using (n) group by g;

create temporary table mediabase_demo_gene_drug as
with central as (
  select g, jsonb_object_agg(d.key, jsonb_build_object(
           'name', d.name, 'mechanism', '1', 'action_type', d.action_type,
           'evidence', jsonb_build_object('type', (array['IC50','Ki','Kd','EC50'])[1 + (r1 + k) % 4],
                                          'score', (400 + (r2 + k * 37) % 600)::numeric / 100))) as drugs,
         jsonb_object_agg(d.key, 10 + (r2 + k) % 90) as scores
  from mediabase_demo_gene cross join lateral generate_series(0, drug_count - 1) as k
  join mediabase_demo_drug as d on d.n = (r1 + k * (1 + r2 % 400)) % 401 group by g
), repurposed as (
  select g, jsonb_object_agg('repurposing_' || k, jsonb_build_object(
           'name', d.name, 'clinical_phase', (array['Launched','Phase 3','Phase 2','Phase 1','Preclinical'])[1 + d.n % 5],
           'mechanism_of_action', 'demo target ' || lower(d.action_type), 'disease_area', 'oncology',
           'indication', 'demo indication ' || d.n % 17, 'clinical_score', 5 - d.n % 5,
           'source', 'Drug_Repurposing_Hub')) as drugs
  from mediabase_demo_gene cross join lateral generate_series(1, repurposing_count) as k
  join mediabase_demo_drug as d on d.n = (r3 + k * (1 + r4 % 400)) % 401 group by g
)
select g, coalesce(c.drugs, '{}') || coalesce(r.drugs, '{}')
          || case when p.g is null then '{}' else jsonb_build_object('pharmgkb_data', p.payload) end as drugs,
       coalesce(c.scores, '{}') || case when p.g is null then '{}' else
         jsonb_build_object('evidence_score', 1, 'avg_pharmgkb_score', 1.5, 'annotation_count', p.annotation_count) end as scores
from central as c full join repurposed as r using (g) full join mediabase_demo_payload as p using (g);

create temporary table mediabase_demo_gene_reference as
select g, jsonb_agg(jsonb_build_object('pmid', pmid, 'evidence_type', 'literature', 'source_db', 'pubmed',
                                       'url', 'https://pubmed.ncbi.nlm.nih.gov/' || pmid || '/') order by k) as publications
from mediabase_demo_gene
cross join lateral (select k, (90000000 + (r6 + k * (1 + r3 % 9999990)) % 9999991)::text as pmid
                    from generate_series(0, publication_count - 1) as k) as picked
group by g;
