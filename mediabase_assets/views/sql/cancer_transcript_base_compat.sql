-- Grain: one row per transcript, with the columns of the legacy table cancer_transcript_base (schema v0.1.9) in its order and
-- with its types: an old query moves here by changing the table's name.
-- Inputs: the normalized tables. A query pays only for the columns that it names: each is a scalar subquery, but for drugs and
-- the identifiers, by which many old queries filter: they are computed once per gene.
-- Left out: what the migration archives (expression_freq, cancer_types, drug_scores, evidence_quality_metrics: NULL, and the
-- summaries inside of pharmgkb_data and pharmgkb_variants); defaults that stood for "missing" (evidence '', score 1.0,
-- experimental, unknown: null); the section of a reference where its source does not tell it; the roles of other genes in a
-- PharmGKB pathway (they are on those genes). A denied GO annotation stands under `NOT GO:…`, with its qualifier: an old query that
-- asks for the term, or joins its keys, must not take it for an annotation, and it is there for who looks. Of several values of one key of alt_gene_ids or alt_transcript_ids the first is shown.
select
  t.transcript_id,
  g.gene_symbol,
  t.gene_id,
  g.gene_type,
  t.chromosome,
  t.coordinates,
  array(
    select p.product_type from transcript_products as p where p.transcript_id = t.transcript_id
    order by p.product_type collate "C") as product_type,
  (select jsonb_object_agg(case when m.qualifier ~ '^NOT(\||$)' then 'NOT ' else '' end || m.go_id,
      jsonb_build_object(
        'term', o.term_name, 'aspect', o.category,
        'evidence', case when m.is_inherited then 'Inherited from ' || m.inherited_from else m.evidence_code end)
      || case when m.qualifier is null then '{}' else jsonb_build_object('qualifier', m.qualifier) end
      || case cardinality(m.pmids) when 0 then '{}' when 1 then jsonb_build_object('pmid', m.pmids[1])
        else jsonb_build_object('pmids', to_jsonb(m.pmids)) end)
    from go_term_set_members as m join go_terms as o on o.go_id = m.go_id
    where m.go_set_id = t.go_set_id) as go_terms,
  array(
    select case when p.pathway_name is null then l.pathway_id else p.pathway_name || ' [Reactome:' || l.pathway_id || ']' end
    from gene_pathways as l join pathways as p on p.pathway_id = l.pathway_id
    where l.gene_id = t.gene_id and l.pathway_source = 'Reactome'
    order by l.pathway_id collate "C") as pathways,
  d.drugs,
  t.expression_fold_change,
  null::jsonb as expression_freq,
  null::text[] as cancer_types,
  jsonb_strip_nulls(jsonb_build_object(
    'TSL', t.support_level::text, 'annotation_level', t.annotation_level::text, 'annotation_tags', array_to_string(t.tags, ','),
    'gene_id_versioned', t.gene_id || '.' || g.gene_version, 'transcript_id_versioned', t.transcript_id || '.' || t.transcript_version)) as features,
  array(
    select a.annotation_value from gene_annotations as a
    where a.gene_id = t.gene_id and a.annotation_type = 'molecular_function'
    order by a.annotation_value collate "C") as molecular_functions,
  array(
    select a.annotation_value from gene_annotations as a
    where a.gene_id = t.gene_id and a.annotation_type = 'cellular_location'
    order by a.annotation_value collate "C") as cellular_location,
  null::jsonb as drug_scores,
  jsonb_strip_nulls(jsonb_build_object(
    'transcript_name', t.transcript_name, 'CCDS', t.ccds_id, 'HAVANA', t.havana_id, 'RefSeq_protein', t.ensembl_protein_id))
  || coalesce(x.alt_transcript_ids, '{}') as alt_transcript_ids,
  coalesce(x.alt_gene_ids, '{}') as alt_gene_ids,
  coalesce(x.uniprot_ids, '{}') as uniprot_ids,
  coalesce(x.ncbi_ids, '{}') as ncbi_ids,
  coalesce(x.refseq_ids, '{}') as refseq_ids,
  '{"go_terms": [], "uniprot": [], "drugs": [], "pathways": [], "publications": [], "pharmgkb_pathways": []}'::jsonb || coalesce((
    select jsonb_object_agg(s.section, s.entries) from (
      select r.section, jsonb_agg(r.entry order by r.publication_id, r.source_db collate "C", r.position) as entries from (
        select l.publication_id, l.source_db, d.position,
          case l.source_db when 'GO' then 'go_terms' when 'UniProt' then 'uniprot' when 'DrugCentral' then 'drugs' when 'Reactome' then 'pathways'
            when 'PharmGKB' then 'pharmgkb_pathways' when 'go_terms' then 'go_terms' when 'uniprot' then 'uniprot' when 'drugs' then 'drugs'
            when 'pathways' then 'pathways' when 'pharmgkb_pathways' then 'pharmgkb_pathways' else 'publications' end as section,
          jsonb_strip_nulls(jsonb_build_object(
            'pmid', p.pmid, 'title', p.title, 'abstract', p.abstract, 'authors', to_jsonb(p.authors), 'journal', p.journal,
            'year', p.publication_year, 'doi', p.doi, 'url', p.url, 'citation_count', p.citation_count,
            'source_db', l.source_db,
            'evidence_type', case when l.source_db <> 'PharmGKB' then l.evidence_type else (
              select string_agg(e, ', ') from string_to_table(l.evidence_type, ', ') as e
              where e not in ('pathway_reaction', 'clinical_annotation', 'variant_annotation')) end))
          || coalesce(d.detail, '{}') as entry
        from gene_publications as l
        join publications as p on p.publication_id = l.publication_id
        left join jsonb_array_elements(case jsonb_typeof(l.details) when 'array' then l.details else jsonb_build_array(l.details) end) with ordinality
          as d (detail, position) on l.details is not null
        where l.gene_id = t.gene_id and not (
          l.source_db = 'PharmGKB' and l.details is null
          and string_to_array(l.evidence_type, ', ') <@ array['pathway_reaction', 'clinical_annotation', 'variant_annotation'])
      ) as r group by r.section
    ) as s), '{}') as source_references,
  coalesce(x.pdb_ids, '{}') as pdb_ids,
  coalesce((
    select jsonb_object_agg(l.pathway_id,
      jsonb_build_object('pathway_id', l.pathway_id, 'pathway_name', p.pathway_name, 'pathway_type', p.pathway_category,
        'drug_focus', p.drug_focus, 'clinical_relevance', p.clinical_relevance,
        'reactions', (
          select coalesce(jsonb_agg(jsonb_build_object('from', r.from_entity, 'to', r.to_entity, 'reaction_type', r.reaction_type,
            'control_type', r.control_type, 'cell_type', r.cell_type, 'controller_genes', to_jsonb(r.controller_genes),
            'drugs', to_jsonb(r.drugs), 'diseases', to_jsonb(r.diseases), 'pmids', to_jsonb(r.pmids), 'summary', r.summary)
            order by r.reaction_index), '[]')
          from pharmgkb_pathway_reactions as r where r.pathway_id = l.pathway_id),
        'gene_roles', case when l.gene_role is null and l.details is null then '{}' else jsonb_build_object(
          case g.symbol_source when 'qualified' then split_part(g.gene_symbol, '@', 1) else g.gene_symbol end,
          jsonb_build_object('role', l.gene_role) || coalesce(l.details, '{}')) end))
    from gene_pathways as l join pathways as p on p.pathway_id = l.pathway_id
    where l.gene_id = t.gene_id and l.pathway_source = 'PharmGKB'), '{}') as pharmgkb_pathways,
  null::jsonb as evidence_quality_metrics,
  coalesce((
    select jsonb_object_agg(v.list, v.entries) || '{"summary": {}}' from (
      select coalesce(e.variant_list, 'other') || '_variants' as list, jsonb_agg(e.entry order by e.annotation_id collate "C") as entries from (
        select a.annotation_id, a.variant_list,
          jsonb_strip_nulls(jsonb_build_object(
            case when a.details ? 'variant_id' then 'variant' else 'variant_id' end, a.variant_identifier, 'phenotypes', a.phenotype,
            'phenotype_category', a.phenotype_category, 'significance', a.clinical_significance, 'evidence_level', a.evidence_level,
            case when a.details ? 'pharmacogenomic_score' then 'score' else 'pharmacogenomic_score' end, a.score,
            'specialty_population', a.population, 'url', a.pharmgkb_url))
          || case when cardinality(a.pmids) = 0 then '{}'
            when cardinality(a.pmids) = 1 and not a.details ? 'pmid' then jsonb_build_object('pmid', a.pmids[1])
            else jsonb_build_object(case when a.details ? 'pmids' then 'pmid' else 'pmids' end, to_jsonb(a.pmids)) end
          || jsonb_build_object('drugs', coalesce(jsonb_agg(a.drug_name || case when a.drug_name ~ '[A-Za-z)"],[A-Za-z("]' then ' ;' else '' end
            order by a.drug_name collate "C") filter (where a.drug_name <> ''), '[]'))
          || a.details as entry
        from pharmacogenomic_annotations as a where a.gene_id = t.gene_id and a.kind = 'variant'
        group by a.annotation_id, a.variant_list, a.variant_identifier, a.phenotype, a.phenotype_category, a.clinical_significance,
          a.evidence_level, a.score, a.population, a.pharmgkb_url, a.pmids, a.details
      ) as e group by e.variant_list
    ) as v), '{}') as pharmgkb_variants
from transcripts as t
join genes as g on g.gene_id = t.gene_id
left join lateral (
  select coalesce(jsonb_object_agg(e.key, e.value), '{}') as drugs
  from (
    select
      case i.source
        when 'Drug_Repurposing_Hub' then 'repurposing_' || row_number() over (partition by i.source order by i.drug_id collate "C")
        when 'ChEMBL' then case when i.drug_id ~ '^CHEMBL[0-9]+$' then i.drug_id else i.drug_interaction_id end
        when 'DrugCentral' then case when i.drug_id ~ '^[0-9]+$' then i.drug_id else i.drug_interaction_id end
        else i.drug_interaction_id end as key,
      jsonb_strip_nulls(jsonb_build_object(
        'target_name', i.target_name, 'target_type', i.target_type, 'indication', i.indication, 'disease_area', i.disease_area,
        'clinical_score', i.clinical_score, 'therapeutic_flag', i.therapeutic_flag, 'references',
        case when i.pmids <> '{}' then (select jsonb_agg(jsonb_build_object('pmid', c) order by c collate "C") from unnest(i.pmids) as c) end))
      || jsonb_build_object(case when not i.rest ? 'name' then 'name' when not i.rest ? 'drug_name' then 'drug_name'
          when not i.rest ? 'molecule_name' then 'molecule_name' else 'pref_name' end, coalesce(i.reported_name, i.drug_name))
      || case when i.mechanism_of_action is not null and i.is_mechanism_target is not null
          then jsonb_build_object('mechanism_of_action', i.mechanism_of_action, 'mechanism', i.is_mechanism_target::integer::text)
        when i.source <> 'DrugCentral' and i.mechanism_of_action is null and i.is_mechanism_target is null then '{}'
        else jsonb_build_object(
          case when i.rest ? 'mechanism_of_action' then 'mechanism'
            when i.rest ? 'mechanism' or i.source = 'Drug_Repurposing_Hub' then 'mechanism_of_action' else 'mechanism' end,
          coalesce(i.mechanism_of_action, i.is_mechanism_target::integer::text)) end
      || case i.source
        when 'DrugCentral' then jsonb_build_object(
            'action_type', i.interaction_type, 'evidence', jsonb_build_object('type', i.activity_type, 'score', i.p_activity) || i.evidence)
          || case when i.evidence ? 'type' and i.activity_type is not null then jsonb_build_object('activity_type', i.activity_type) else '{}' end
          || case when i.evidence ? 'score' and i.p_activity is not null
            then jsonb_build_object(case when i.rest ? 'score' then 'activity_value' else 'score' end, i.p_activity) else '{}' end
        else jsonb_strip_nulls(jsonb_build_object('action_type', i.interaction_type, 'activity_units', i.activity_unit)
            || case when i.rest ? 'activity_type' then '{}' else jsonb_build_object('activity_type', i.activity_type) end
            || case when i.rest ? 'activity_units' or i.score_key is null then '{}' else jsonb_build_object(i.score_key, i.activity_value) end)
          || case when i.evidence = '{}' and (i.activity_type is null or not i.rest ? 'activity_type')
              and (i.activity_value is null or i.rest ? 'activity_units' or i.score_key is not null) then '{}'
            else jsonb_build_object('evidence', jsonb_strip_nulls(jsonb_build_object(
              'type', case when i.rest ? 'activity_type' then i.activity_type end,
              'score', case when i.score_key is null and not i.rest ? 'activity_units' then i.activity_value end)) || i.evidence) end end
      || case when i.source <> 'ChEMBL' and i.source <> 'Drug_Repurposing_Hub' and i.clinical_phase is null then '{}'
        else jsonb_build_object(
          case when i.source = 'ChEMBL' and not i.rest ? 'max_phase' then 'max_phase' when not i.rest ? 'clinical_phase' then 'clinical_phase'
            when not i.rest ? 'max_phase' then 'max_phase' else 'phase' end,
          case when i.source = 'ChEMBL' then case i.clinical_phase when 'Approved' then to_jsonb(4)
              when 'Phase III' then to_jsonb(3) when 'Phase II' then to_jsonb(2) when 'Phase I' then to_jsonb(1) when 'Preclinical' then to_jsonb(0)
              else to_jsonb(i.clinical_phase) end
            else to_jsonb(case i.clinical_phase when 'Approved' then 'Launched' when 'Phase III' then 'Phase 3'
              when 'Phase II' then 'Phase 2' when 'Phase I' then 'Phase 1' else coalesce(i.clinical_phase, 'Unknown') end) end) end
      || case when i.source = 'Drug_Repurposing_Hub' then jsonb_build_object('source', i.source) else '{}' end
      || i.rest as value
    from (
      -- what else an entry says stands under its own keys (a measurement told in another unit too); what a column tells is
      -- shown under a key that is free
      select d.*, x.*, case when not x.rest ? 'score' then 'score' when x.evidence ? 'score' then 'activity_value' end as score_key
      from gene_drug_interactions as d
      cross join lateral (
        select coalesce(d.details - case jsonb_typeof(d.details -> 'evidence_other') when 'object' then 'evidence_other' else '' end, '{}') as rest,
          case jsonb_typeof(d.details -> 'evidence_other') when 'object' then d.details -> 'evidence_other' else '{}' end as evidence) as x
      where d.gene_id = t.gene_id) as i
    union all
    select 'pharmgkb_data', jsonb_build_object('source', 'PharmGKB')
      || case when annotations.list is null then '{}' else jsonb_build_object('clinical_annotations', annotations.list) end
      || case when paths.list is null then '{}' else jsonb_build_object('pathway_data', paths.list) end
    from (
      select count(*) as n, jsonb_agg(o.entry order by o.annotation_id collate "C") filter (where o.kind = 'clinical') as list from (
        select a.annotation_id, a.kind,
          jsonb_build_object(
            'annotation_id', a.annotation_id, case when a.details ? 'variant' then 'variant_id' else 'variant' end, a.variant_identifier,
            'phenotypes', a.phenotype, 'phenotype_category', a.phenotype_category, 'evidence_level', a.evidence_level,
            case when a.details ? 'score' then 'pharmacogenomic_score' else 'score' end, a.score, 'url', a.pharmgkb_url,
            'specialty_population', a.population, 'source', 'PharmGKB_Clinical_Annotations',
            -- a name that closes a bracket which it does not open is no part of a text
            'drug', case when count(*) > 1 and bool_or(a.drug_name ~ '^[^()]*\)' or a.drug_name ~ '^[^][]*\]')
              then jsonb_agg(a.drug_name || ' ;' order by a.drug_name collate "C")
              else to_jsonb(string_agg(a.drug_name, ';' order by a.drug_name collate "C")
                || case when count(*) = 1 and max(a.drug_name) ~ '[A-Za-z)"],[A-Za-z("]' then ' ;' else '' end) end)
          || case when a.clinical_significance is null then '{}' else jsonb_build_object('significance', a.clinical_significance) end
          || case when cardinality(a.pmids) = 0 then '{}'
            when cardinality(a.pmids) = 1 and not a.details ? 'pmid' then jsonb_build_object('pmid', a.pmids[1])
            else jsonb_build_object(case when a.details ? 'pmids' then 'pmid' else 'pmids' end, to_jsonb(a.pmids)) end
          || a.details as entry
        from pharmacogenomic_annotations as a where a.gene_id = t.gene_id
        group by a.annotation_id, a.kind, a.variant_identifier, a.phenotype, a.phenotype_category, a.clinical_significance, a.evidence_level,
          a.score, a.population, a.pharmgkb_url, a.pmids, a.details
      ) as o
    ) as annotations
    cross join lateral (
      select jsonb_object_agg(l.pathway_id,
        jsonb_build_object('pathway_id', l.pathway_id, 'pathway_name', p.pathway_name, 'pathway_type', p.pathway_category,
          'drug_focus', p.drug_focus, 'clinical_relevance', p.clinical_relevance,
          'reactions', (
            select coalesce(jsonb_agg(jsonb_build_object('from', r.from_entity, 'to', r.to_entity, 'reaction_type', r.reaction_type,
              'control_type', r.control_type, 'cell_type', r.cell_type, 'controller_genes', to_jsonb(r.controller_genes),
              'drugs', to_jsonb(r.drugs), 'diseases', to_jsonb(r.diseases), 'pmids', to_jsonb(r.pmids), 'summary', r.summary)
              order by r.reaction_index), '[]')
            from pharmgkb_pathway_reactions as r where r.pathway_id = l.pathway_id),
          'gene_roles', case when l.gene_role is null and l.details is null then '{}' else jsonb_build_object(
            case o.symbol_source when 'qualified' then split_part(o.gene_symbol, '@', 1) else o.gene_symbol end,
            jsonb_build_object('role', l.gene_role) || coalesce(l.details, '{}')) end)) as list
      from gene_pathways as l join pathways as p on p.pathway_id = l.pathway_id join genes as o on o.gene_id = l.gene_id
      where l.gene_id = t.gene_id and l.pathway_source = 'PharmGKB'
    ) as paths
    where annotations.n > 0 or paths.list is not null
  ) as e
) as d on true
left join lateral (
  select
    jsonb_object_agg(substr(i.named, 20), i.id order by i.external_id collate "C" desc) filter (
      where i.named like 'alt\_transcript\_ids.%' and i.named not in ('alt_transcript_ids.CCDS', 'alt_transcript_ids.RefSeq_protein')) as alt_transcript_ids,
    jsonb_object_agg(substr(i.named, 14), i.id order by i.external_id collate "C" desc) filter (where i.named like 'alt\_gene\_ids.%') as alt_gene_ids,
    array_agg(i.id order by i.external_id collate "C") filter (where i.named = 'uniprot_ids') as uniprot_ids,
    array_agg(i.id order by i.external_id collate "C") filter (where i.named = 'ncbi_ids') as ncbi_ids,
    array_agg(i.id order by i.external_id collate "C") filter (where i.named = 'refseq_ids') as refseq_ids,
    array_agg(i.id order by i.external_id collate "C") filter (where i.named = 'pdb_ids') as pdb_ids
  from (
    select c.external_id, c.external_id || coalesce('.' || c.external_version, '') as id, named
    from gene_cross_references as c cross join string_to_table(c.source, ', ') as named
    where c.gene_id = t.gene_id) as i
) as x on true
