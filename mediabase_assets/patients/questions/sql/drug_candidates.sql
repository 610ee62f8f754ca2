-- Drugs for the up-regulated genes of patients: a function with the columns of the view patient_drug_candidates.
--
-- Grain: one row per patient, gene and drug name. See gene_drugs.sql for the drugs, and for what approval and acts_against mean.
-- A gene is up-regulated if its fold change is over {up}; of a file of transcripts, if one of its transcripts is (the highest counts, as in
-- the SOTA questions; transcripts_up says how many). p values are those of that row; is_significant: adjusted p value under {significant}.
-- {patients}: schema of the patients' data. {live}: schema of the released tables.
create or replace function {patients}.drug_candidates()
returns table (
  patient_id text, gene_id text, gene_symbol text, drug_name text, approval text,
  expression_fold_change double precision, log2_fold_change double precision, p_value double precision, adjusted_p_value double precision,
  is_significant boolean, transcripts_up bigint, interaction_types text[], acts_against boolean,
  is_mechanism_target boolean, mechanisms text[], indications text[], evidence_strength integer, p_activity numeric,
  sources text[], pmids text[])
language sql stable as $function$
select
  u.patient_id, u.gene_id, g.gene_symbol, d.drug_name, d.approval,
  u.fold_change, u.log2_fold_change, u.p_value, u.adjusted_p_value, u.adjusted_p_value < {significant}, u.transcripts_up,
  d.interaction_types, d.acts_against, d.is_mechanism_target, d.mechanisms, d.indications, d.evidence_strength, d.p_activity, d.sources, d.pmids
from (
  select
    e.patient_id, e.gene_id, max(e.fold_change) as fold_change, max(e.log2_fold_change) as log2_fold_change,
    (array_agg(e.p_value order by e.fold_change desc, e.transcript_id))[1] as p_value,
    (array_agg(e.adjusted_p_value order by e.fold_change desc, e.transcript_id))[1] as adjusted_p_value,
    count(e.transcript_id) as transcripts_up
  from {patients}.patient_expression as e
  where e.fold_change > {up}
  group by e.patient_id, e.gene_id) as u
join {live}.genes as g on g.gene_id = u.gene_id
cross join lateral {patients}.gene_drugs(u.gene_id) as d
$function$;
