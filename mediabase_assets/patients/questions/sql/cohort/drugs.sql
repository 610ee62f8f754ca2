-- Question: which drugs act on up-regulated genes of how many patients? Grain: one row per drug name, most patients first. See
-- ../gene_drugs.sql for what the columns mean; a drug that raises a gene's activity is not counted for it.
-- It reads the tables and not the views, so that the few genes with drugs lead to the rows and not the other way round.
-- {patients}: schema of the patients' data. {live}: schema of the released tables. Parameters: whether genes count that are no target of the
-- mechanism of action; whether drugs count that no source calls approved; how many drugs.
with targets as materialized (
  select
    d.drug_name, dense_rank() over (order by d.drug_name) as drug_number, d.approval, d.evidence_strength, g.gene_id, k.gene_key
  from (select distinct i.gene_id from {live}.gene_drug_interactions as i) as g
  join {patients}.gene_ids as k on k.gene_id = g.gene_id
  cross join lateral {patients}.gene_drugs(g.gene_id) as d
  where (d.is_mechanism_target or %(any_target)s) and (d.approval <> 'not known' or %(any_approval)s) and d.acts_against is not false
),
wanted as materialized (
  select distinct t.gene_id, t.gene_key from targets as t
),
ups as materialized (
  select w.gene_key, v.patient_key
  from wanted as w
  join {patients}.stored_gene_values as v on v.gene_key = w.gene_key
  where v.fold_change > {up}
  union
  select w.gene_key, v.patient_key
  from wanted as w
  join {patients}.transcript_ids as t on t.gene_id = w.gene_id
  join {patients}.stored_transcript_values as v on v.transcript_key = t.transcript_key
  where v.fold_change > {up}
),
counted as (
  select d.drug_number, count(*) as patients
  from (select distinct t.drug_number, u.patient_key from targets as t join ups as u on u.gene_key = t.gene_key) as d
  group by d.drug_number
),
drugs as (
  select t.drug_number, min(t.drug_name) as drug_name, min(t.approval) as approval, max(t.evidence_strength) as evidence_strength, array_agg(t.gene_id) as gene_ids
  from targets as t
  where t.gene_key in (select u.gene_key from ups as u)
  group by t.drug_number
)
select
  d.drug_name, d.approval, c.patients, round(c.patients::numeric / (select count(*) from {patients}.patients), 4) as share, d.evidence_strength,
  array(select g.gene_symbol collate "C" from {live}.genes as g where g.gene_id = any (d.gene_ids) order by 1) as gene_symbols
from counted as c
join drugs as d on d.drug_number = c.drug_number
order by c.patients desc, d.evidence_strength desc, d.drug_name
limit %(limit)s
