-- Selects every number of gene_summary_view that differs from the tables: totals over all genes, then rows that contradict themselves.
select what, of_the_view, of_the_tables
from (
  select 'genes' as what, (select count(*) from gene_summary_view) as of_the_view, (select count(*) from genes) as of_the_tables
  union all
  select 'genes under their own symbol', (select count(*) from gene_summary_view join genes using (gene_id, gene_symbol)), (select count(*) from genes)
  union all
  select v.what, v.shown, t.held
  from (
    select
      sum(transcript_count) as transcripts, sum(cardinality(transcript_ids)) as transcript_ids,
      sum(jsonb_array_length(cross_references)) as identifiers, sum(jsonb_array_length(go_terms)) as go_terms,
      sum(jsonb_array_length(pathways)) as pathways, sum(jsonb_array_length(drug_interactions)) as drugs,
      sum(jsonb_array_length(publications)) as publications, sum(jsonb_array_length(denied_go_terms)) as denied, count(*) filter (where has_go_terms) as with_go
    from gene_summary_view) as s
  cross join lateral (values
    ('transcripts', s.transcripts), ('transcript ids', s.transcript_ids), ('identifiers', s.identifiers), ('GO annotations', s.go_terms), ('denied GO annotations', s.denied),
    ('pathways', s.pathways), ('drug interactions', s.drugs), ('publications', s.publications), ('genes with GO terms', s.with_go)
  ) as v (what, shown)
  join (
    select 'transcripts' as what, count(*) as held from transcripts
    union all select 'transcript ids', count(*) from transcripts
    union all select 'identifiers', count(*) from gene_cross_references
    union all select 'GO annotations', count(*) from (
      select distinct t.gene_id, m.go_id, m.evidence_code from transcripts as t join go_term_set_members as m using (go_set_id)
      where coalesce(m.qualifier !~ '^NOT(\||$)', true)) as d
    union all select 'denied GO annotations', count(*) from (
      select distinct t.gene_id, m.go_id, m.evidence_code, m.qualifier from transcripts as t join go_term_set_members as m using (go_set_id)
      where m.qualifier ~ '^NOT(\||$)') as d
    union all select 'pathways', count(*) from (select distinct gene_id, pathway_id from gene_pathways) as d
    union all select 'drug interactions', count(*) from gene_drug_interactions
    union all select 'publications', count(*) from (select distinct gene_id, publication_id from gene_publications) as d
    union all select 'genes with GO terms', count(distinct gene_id) from transcripts where go_set_id in (
      select go_set_id from go_term_set_members where coalesce(qualifier !~ '^NOT(\||$)', true))
  ) as t using (what)
) as totals
where of_the_view is distinct from of_the_tables
union all
select 'a flag of ' || gene_id || ' against its list', has::integer, (members > 0)::integer
from gene_summary_view
cross join lateral (values
  (has_cross_references, jsonb_array_length(cross_references)), (has_go_terms, jsonb_array_length(go_terms)),
  (has_pathways, jsonb_array_length(pathways)), (has_drug_interactions, jsonb_array_length(drug_interactions)),
  (has_publications, jsonb_array_length(publications))) as f (has, members)
where has <> (members > 0)
  -- only genes of which this is so are taken apart
  and (has_cross_references <> (jsonb_array_length(cross_references) > 0) or has_go_terms <> (jsonb_array_length(go_terms) > 0)
    or has_pathways <> (jsonb_array_length(pathways) > 0) or has_drug_interactions <> (jsonb_array_length(drug_interactions) > 0)
    or has_publications <> (jsonb_array_length(publications) > 0))
