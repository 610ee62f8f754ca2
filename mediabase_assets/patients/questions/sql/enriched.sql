-- What is known about the genes and transcripts of patients: a function with the columns of the enriched views.
--
-- Grain: that of {source}: one row per patient and gene (files of genes; transcript_id is NULL) or per patient and transcript.
-- Counts and lists come each from their own table, never from joined rows: drugs as sources report them, pathways and publications each
-- once, GO terms that are not denied, each once; those of a transcript are its own, of a gene those of all its transcripts. They are
-- scalar subqueries, so that a question pays for the columns that it names, in the rows that it selects.
-- expression_status: up over {up}, down under {down}, else unchanged; NULL where the file gives no value.
-- is_significant: adjusted p value under {significant}; NULL where the file gives none.
-- The body is text and depends on nothing (see ../../storing/sql/views.sql); it runs with the rights of whoever asks.
-- {patients}: schema of the patients' data. {live}: schema of the released tables. {function}: name of the function.
create or replace function {patients}.{function}()
returns table (
  patient_id text, level text, transcript_id text, gene_id text, gene_symbol text,
  expression_fold_change double precision, log2_fold_change double precision, expression_status text,
  p_value double precision, adjusted_p_value double precision, is_significant boolean,
  base_mean double precision, average_expression double precision, standard_error double precision, na_reason text,
  raw_id text, id_kind text, matched_by text,
  gene_name text, gene_type text, chromosome text,
  has_drug_interactions boolean, drug_interaction_count bigint, drug_names text[], drugs jsonb,
  has_pathways boolean, pathway_count bigint, pathway_names text[],
  has_go_terms boolean, go_term_count bigint, has_publications boolean, publication_count bigint)
language sql stable as $function$
select
  e.patient_id, e.level, e.transcript_id, e.gene_id, g.gene_symbol,
  e.fold_change, e.log2_fold_change,
  case when e.fold_change > {up} then 'up' when e.fold_change < {down} then 'down' when e.fold_change is not null then 'unchanged' end,
  e.p_value, e.adjusted_p_value, e.adjusted_p_value < {significant},
  e.base_mean, e.average_expression, e.standard_error, e.na_reason, e.raw_id, e.id_kind, e.matched_by,
  g.gene_name, g.gene_type, g.chromosome,
  exists (select from {live}.gene_drug_interactions as i where i.gene_id = e.gene_id),
  (select count(*) from {live}.gene_drug_interactions as i where i.gene_id = e.gene_id),
  array(select distinct i.drug_name collate "C" from {live}.gene_drug_interactions as i where i.gene_id = e.gene_id order by 1),
  coalesce((
    select jsonb_agg(jsonb_build_object(
      'drug_name', i.drug_name, 'clinical_phase', i.clinical_phase, 'approval_status', i.approval_status, 'interaction_type', i.interaction_type,
      'evidence_strength', i.evidence_strength, 'source', i.source) order by i.drug_name collate "C", i.drug_interaction_id collate "C")
    from {live}.gene_drug_interactions as i where i.gene_id = e.gene_id), '[]'),
  exists (select from {live}.gene_pathways as w where w.gene_id = e.gene_id),
  (select count(distinct w.pathway_id) from {live}.gene_pathways as w where w.gene_id = e.gene_id),
  array(
    select distinct coalesce(w.pathway_name, w.pathway_id) collate "C" from {live}.gene_pathways as w where w.gene_id = e.gene_id order by 1),
  exists (
    select from {live}.transcripts as t join {live}.go_term_set_members as m on m.go_set_id = t.go_set_id
    where t.gene_id = e.gene_id and (e.transcript_id is null or t.transcript_id = e.transcript_id) and coalesce(m.qualifier !~ '^NOT(\||$)', true)),
  (
    select count(distinct m.go_id)
    from (
      select distinct t.go_set_id from {live}.transcripts as t
      where t.gene_id = e.gene_id and (e.transcript_id is null or t.transcript_id = e.transcript_id)) as s
    join {live}.go_term_set_members as m on m.go_set_id = s.go_set_id
    where coalesce(m.qualifier !~ '^NOT(\||$)', true)),
  exists (select from {live}.gene_publications as c where c.gene_id = e.gene_id),
  (select count(distinct c.publication_id) from {live}.gene_publications as c where c.gene_id = e.gene_id)
from {source} as e
left join {live}.genes as g on g.gene_id = e.gene_id
$function$;
