-- Drugs of one gene that a clinician may think of: a function, used by the questions about drugs.
--
-- Grain: one row per drug name (in lower case); what several sources say of it is brought together.
-- approval: `approved` if a source says so of the drug, for whatever gene; `approved and withdrawn` if another one says that it was
-- withdrawn; `not known` if no source names a phase for it (DrugCentral lists what was approved somewhere, without saying so in an entry).
-- Drugs of which only other phases are known are left out.
-- acts_against: true for a type of action that lowers the gene's activity, false for one that raises it, else NULL.
-- is_mechanism_target: the gene is a target of the mechanism of action, not only one of many that were measured: DrugCentral says so, or
-- another source names an action or a mechanism for the gene.
-- {patients}: schema of the patients' data. {live}: schema of the released tables. {inhibiting}, {activating}: patterns of types of action.
create or replace function {patients}.gene_drugs(of_gene text)
returns table (
  drug_name text, approval text, interaction_types text[], acts_against boolean, is_mechanism_target boolean,
  mechanisms text[], indications text[], evidence_strength integer, p_activity numeric, sources text[], pmids text[])
language sql stable as $function$
select
  min(i.drug_name collate "C"),
  case when not bool_or(a.is_approved) then 'not known' when bool_or(a.is_withdrawn) then 'approved and withdrawn' else 'approved' end,
  array_agg(distinct i.interaction_type collate "C" order by i.interaction_type collate "C") filter (where i.interaction_type is not null),
  case when bool_or(i.interaction_type ~* {inhibiting}) then true when bool_or(i.interaction_type ~* {activating}) then false end,
  coalesce(bool_or(i.is_mechanism_target or (i.source <> 'DrugCentral' and coalesce(i.interaction_type, i.mechanism_of_action) is not null)), false),
  array_agg(distinct coalesce(i.mechanism_of_action, y.mechanism_of_action) collate "C"
    order by coalesce(i.mechanism_of_action, y.mechanism_of_action) collate "C")
    filter (where coalesce(i.mechanism_of_action, y.mechanism_of_action) is not null),
  array_agg(distinct coalesce(i.indication, y.indication) collate "C" order by coalesce(i.indication, y.indication) collate "C")
    filter (where coalesce(i.indication, y.indication) is not null),
  max(i.evidence_strength), max(i.p_activity),
  array_agg(distinct i.source collate "C" order by i.source collate "C"),
  array(
    select distinct p collate "C"
    from unnest(string_to_array(string_agg(array_to_string(i.pmids, ','), ',') filter (where i.pmids <> array[]::text[]), ',')) as p order by 1)
from {live}.gene_drug_interactions as i
join {live}.drug_interactions as y on y.drug_interaction_id = i.drug_interaction_id
cross join lateral (
  select
    coalesce(bool_or(x.max_phase = 'Approved'), false) as is_approved, coalesce(bool_or(x.max_phase = 'Withdrawn'), false) as is_withdrawn,
    coalesce(bool_or(x.max_phase is not null), false) as has_phase
  from {live}.drug_interactions as x where x.drug_name_norm = y.drug_name_norm) as a
where i.gene_id = of_gene and (a.is_approved or not a.has_phase)
group by y.drug_name_norm
$function$;
