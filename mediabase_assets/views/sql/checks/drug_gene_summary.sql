-- Selects every number of drug_gene_summary that differs from the tables.
select what, of_the_view, of_the_tables
from (
  select 'drug names' as what, (select count(*) from drug_gene_summary) as of_the_view,
    (select count(distinct drug_name) from gene_drug_interactions) as of_the_tables
  union all
  select 'genes', (select sum(target_gene_count) from drug_gene_summary),
    (select count(*) from (select distinct drug_name, gene_id from gene_drug_interactions) as d)
  union all
  select 'symbols', (select sum(cardinality(target_genes)) from drug_gene_summary),
    (select count(*) from (select distinct drug_name, gene_id from gene_drug_interactions) as d)
  union all
  select 'interactions of high confidence', (select sum(high_confidence_interactions) from drug_gene_summary),
    (select count(*) from gene_drug_interactions where evidence_strength >= 4)
  union all
  select 'pathways', (select sum(pathway_count) from drug_gene_summary),
    (select count(*) from (select distinct drug_name, pathway_id from gene_drug_interactions join gene_pathways using (gene_id)) as d)
  union all
  select 'approved drugs', (select count(*) from drug_gene_summary where clinical_phase = 'Approved'),
    (select count(distinct drug_name) from gene_drug_interactions where clinical_phase = 'Approved')
) as totals
where coalesce(of_the_view, 0) <> of_the_tables
