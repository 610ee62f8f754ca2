-- Which pathways are hit in which patient: a function with the columns of the view patient_pathway_enrichment.
--
-- Grain: one row per patient and pathway with at least five measured genes; empty for a patient until `enrich` has counted them.
-- up_, down_: over-representation of up- and of down-regulated genes (hypergeometric); rank_: Mann-Whitney test of the pathway's genes against
-- all others; ranked_above: share of pairs in which the pathway's gene ranks higher, over 0.5 means up. Adjusted: Benjamini and Hochberg,
-- over all pathways of the patient, each test by itself. What the background was and what ranked: `patient_enrichments`.
-- {patients}: schema of the patients' data. {live}: schema of the released tables.
create or replace function {patients}.pathway_enrichment()
returns table (
  patient_id text, pathway_id text, pathway_name text, pathway_source text, measured_genes integer,
  up_genes integer, up_p_value double precision, up_adjusted_p_value double precision,
  down_genes integer, down_p_value double precision, down_adjusted_p_value double precision,
  ranked_above double precision, rank_p_value double precision, rank_adjusted_p_value double precision)
language sql stable as $function$
select
  p.patient_id, h.pathway_id, w.pathway_name, w.source_database, h.measured_genes,
  h.up_genes, h.up_p_value, h.up_adjusted_p_value, h.down_genes, h.down_p_value, h.down_adjusted_p_value,
  h.ranked_above, h.rank_p_value, h.rank_adjusted_p_value
from {patients}.stored_patients as p
join {patients}.stored_pathway_hits as h on h.patient_key = p.patient_key
left join {live}.pathways as w on w.pathway_id = h.pathway_id
where {readable}
$function$;

create or replace view {patients}.patient_enrichments with ({options}) as
select
  p.patient_id, e.background, e.up_genes, e.down_genes, e.ranked_genes, e.ranked_by, e.tested, e.made_at,
  e.content_hash = p.content_hash and e.matched_against is not distinct from p.matched_against as is_current
from {patients}.stored_patients as p
join {patients}.stored_enrichments as e on e.patient_key = p.patient_key
where {readable};
