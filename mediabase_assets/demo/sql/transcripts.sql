-- One row per made-up transcript, written to the legacy table: its own ids, span and features, and its gene's annotation.
-- Inputs: the tables of genes.sql, pharmgkb.sql and annotation.sql. The gene's values are copied compressed as they are.
-- mediabase_demo_target is a view of the legacy table; columns that are not named get their defaults.
create temporary table mediabase_demo_whole as
select e.*, 'ENST9' || lpad(first_number::text, 10, '0') || '.' || (1 + r2 % 12) as canonical,
       coalesce(pathways, '{}') as pathways, go.go_terms,
       case when go.g is not null then coalesce(functions, '{}') end as functions,
       case when go.g is not null then coalesce(locations, '{}') end as locations,
       coalesce(drugs, '{}') as drugs, coalesce(scores, '{}') as scores,
       coalesce(p.pathway_data, '{}') as pharmgkb_pathways, coalesce(p.variants, '{}') as pharmgkb_variants,
       case when is_coding then array[(array['enzyme','kinase','receptor','transporter','nuclear'])[1 + r1 % 5]]
              || case when r2 % 2 = 0 then array['secreted'] else '{}' end
            else '{}' end as product_type,
       jsonb_build_object('HAVANA', 'OTTHUMG9' || lpad(e.g::text, 10, '0') || '.1')
         || case when is_coding or r4 % 2 = 0 then jsonb_build_object('HGNC', 'HGNC:' || 9000000 + e.g) else '{}' end
         || case when is_coding then jsonb_build_object(
              'Ensembl', gene_id || '.' || version, 'KEGG', 'hsa:' || 900000000 + e.g) else '{}' end as alt_gene_ids,
       case when is_coding then array['Z9Z' || lpad((e.g / 1000 % 100)::text, 2, '0') || e.g / 100 % 10 || 'Z'
                                      || lpad((e.g % 100)::text, 2, '0') || e.g / 100000 % 10] else '{}' end as uniprot_ids,
       case when is_coding then array[(900000000 + e.g)::text] else '{}' end as ncbi_ids,
       case when is_coding then array['NP_9' || lpad(e.g::text, 8, '0') || '.1', 'NM_9' || lpad(e.g::text, 8, '0') || '.1']
            else '{}' end as refseq_ids,
       jsonb_build_object('go_terms', '[]'::jsonb, 'uniprot', '[]'::jsonb, 'drugs', '[]'::jsonb, 'pathways', '[]'::jsonb,
                          'publications', coalesce(s.publications, '[]'), 'pharmgkb_pathways', '[]'::jsonb) as references
from (select *, sum(transcript_count) over (order by g) - transcript_count + 1 as first_number
      from mediabase_demo_gene) as e
left join mediabase_demo_gene_go as go using (g)
left join mediabase_demo_gene_pathway using (g)
left join mediabase_demo_gene_drug using (g)
left join mediabase_demo_payload as p using (g)
left join mediabase_demo_gene_reference as s using (g);

insert into mediabase_demo_target
  (transcript_id, gene_symbol, gene_id, gene_type, chromosome, coordinates, product_type, go_terms, pathways, drugs,
   expression_fold_change, features, molecular_functions, cellular_location, drug_scores, alt_transcript_ids, alt_gene_ids,
   uniprot_ids, ncbi_ids, refseq_ids, source_references, pharmgkb_pathways, evidence_quality_metrics, pharmgkb_variants)
select transcript_id, symbol, gene_id, gene_type, chromosome,
       jsonb_build_object('start', gene_start + shift, 'end', gene_start + shift + 500 + (r3 + i * 977) % 90000,
                          'strand', strand),
       product_type, go_terms, pathways, drugs, 1.0,
       jsonb_build_object(
         'TSL', (array['1','2','3','4','5','NA'])[1 + case when i = 1 then 0 else (r1 + i) % 6 end],
         'annotation_level', (1 + (r2 + i) % 3)::text,
         'annotation_tags', case when i > 1 then 'basic' when is_coding then 'basic,Ensembl_canonical,MANE_Select'
                                 else 'basic,Ensembl_canonical' end,
         'gene_id_versioned', gene_id || '.' || version,
         'transcript_id_versioned', transcript_id || '.' || 1 + (r2 + i - 1) % 12),
       functions, locations, scores,
       jsonb_build_object('HAVANA', 'OTTHUMT9' || lpad(number::text, 10, '0') || '.1', 'transcript_name', symbol || '-' || 200 + i)
         || case when is_coding then jsonb_build_object(
              'Ensembl', canonical, 'RefSeq', refseq_ids[2]) else '{}' end
         || case when is_coding and (r5 + i) % 5 > 0 then jsonb_build_object(
              'RefSeq_protein', 'ENSP9' || lpad(number::text, 10, '0') || '.1') else '{}' end
         || case when is_coding and i = 1 then jsonb_build_object('CCDS', 'CCDS' || 9000000 + g || '.1') else '{}' end,
       alt_gene_ids, uniprot_ids, ncbi_ids, refseq_ids, "references", pharmgkb_pathways,
       '{"overall_confidence": 0.0, "evidence_count": 0, "source_diversity": 0, "clinical_evidence_ratio": 0.0,
          "publication_support_ratio": 0.0, "last_assessment": "2025-06-18T10:00:00+00:00"}',
       pharmgkb_variants
from mediabase_demo_whole
cross join lateral (select i, first_number + i - 1 as number, 'ENST9' || lpad((first_number + i - 1)::text, 10, '0')
                             as transcript_id, case when i = 1 then 0 else (r4 + i * 131) % 5000 end as shift
                    from generate_series(1, transcript_count) as i) as t;
