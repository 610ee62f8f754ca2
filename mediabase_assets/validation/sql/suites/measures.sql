-- Grain: one row per check: how many rows it looks at (total), and how many of them are as they should be, or for duplicates and
-- missing values are not (counted). Inputs: the normalized tables, each read once.
with
  of_genes as (
    select
      count(*) as genes,
      count(*) filter (where gene_symbol ~ '^[A-Za-z0-9][A-Za-z0-9@._/-]*$') as usual,
      count(*) filter (where chromosome ~ '^chr([1-9]|1[0-9]|2[0-2]|X|Y|M)$') as known,
      count(*) filter (where start_position >= 1 and end_position > start_position) as placed,
      count(*) filter (where symbol_source = 'gene_id') + count(*) filter (where gene_type is null) as missing
    from genes
  ),
  shared_symbols as (
    select coalesce(sum(n), 0) as genes from (select count(*) as n from genes group by translate(gene_symbol, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') having count(*) > 1) as s
  ),
  of_drugs as (
    select
      count(*) as drugs,
      count(*) filter (
        where drug_name ~ '[A-Za-z]' and length(drug_name) >= current_setting('mediabase.drug_name_min_length')::integer) as named,
      count(*) filter (where n > 1) as shared
    from (select drug_name, count(*) over (partition by source_database, drug_name_norm) as n from drug_interactions) as d
  ),
  of_sources as (
    select
      source,
      count(*) as interactions,
      count(*) filter (where btrim(drug_name) <> '' and btrim(drug_id) <> '') as complete,
      count(clinical_phase) as phases
    from gene_drug_interactions
    group by source
  ),
  of_interactions as (
    select
      coalesce(sum(interactions), 0) as interactions,
      coalesce(sum(complete), 0) as complete,
      coalesce(sum(interactions) filter (where phases > 0), 0) as of_telling,
      coalesce(sum(phases), 0) as phases,
      coalesce(sum(interactions) filter (where source <> 'unknown'), 0) as known
    from of_sources
  ),
  of_terms as (
    select count(*) as terms, count(*) filter (where term_name is not null and category is not null) as whole from go_terms
  ),
  of_pathways as (select count(*) as pathways, count(*) filter (where pathway_id ~ '^R-[A-Z]{2,4}-[0-9]+$') as reactome from pathways),
  of_accessions as (
    select
      count(*) as accessions,
      count(*) filter (where external_id ~ '^([OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2})(-[0-9]+)?$') as formed
    from gene_cross_references
    where external_db = 'UniProt'
  ),
  of_functions as (
    select count(*) as functions, count(*) filter (where annotation_value ~ '(([Aa]ctivity|[Bb]inding)$|^GO:[0-9]{7}$)') as as_in_go
    from gene_annotations
    where annotation_type = 'molecular_function'
  ),
  druggable as (select distinct gene_id from gene_drug_interactions),
  annotated as (select gene_id from gene_pathways union select gene_id from gene_annotations),
  referenced as (select count(distinct gene_id) as genes from gene_cross_references),
  coverage as (
    select
      (select count(*) from druggable) as druggable,
      (select count(*) from annotated) as annotated,
      (select count(*) from druggable join annotated using (gene_id)) as both
  ),
  links as (
    select count(*) as links, count(*) filter (where l.pathway_name is not distinct from p.pathway_name and l.pathway_source = p.source_database) as agree
    from gene_pathways as l join pathways as p using (pathway_id)
    union all
    select count(*), count(*) filter (where l.pmid is not distinct from p.pmid)
    from gene_publications as l join publications as p using (publication_id)
    union all
    select count(*), count(*) filter (where l.drug_name = d.drug_name and l.source = d.source_database and l.drug_id = d.source_drug_key)
    from gene_drug_interactions as l join drug_interactions as d using (drug_interaction_id)
  )
select c.name, c.total::bigint, c.counted::bigint
from of_genes as g, shared_symbols as s, of_drugs as d, of_interactions as i, of_terms as t, of_pathways as p, of_accessions as a,
  of_functions as f, referenced as r, coverage as o, (select sum(links) as links, sum(agree) as agree from links) as l,
  lateral (
    values
      ('few_genes_share_a_symbol', g.genes, s.genes),
      ('few_drugs_share_a_name', d.drugs, d.shared),
      ('gene_symbols_have_the_usual_form', g.genes, g.usual),
      ('genes_are_on_known_chromosomes', g.genes, g.known),
      ('genes_have_coordinates', g.genes, g.placed),
      ('go_terms_have_name_and_aspect', t.terms, t.whole),
      ('pathways_have_ids_of_reactome', p.pathways, p.reactome),
      ('uniprot_accessions_have_their_form', a.accessions, a.formed),
      ('molecular_functions_are_named_as_in_go', f.functions, f.as_in_go),
      ('drug_names_are_names', d.drugs, d.named),
      ('genes_have_their_required_fields', 3 * g.genes, g.missing),
      ('interactions_say_what_is_told_of_them', i.interactions, i.complete),
      ('interactions_have_a_clinical_phase', i.of_telling, i.phases),
      ('interactions_name_a_known_source', i.interactions, i.known),
      ('links_agree_with_their_entities', l.links, l.agree),
      ('genes_with_drugs_are_annotated', o.druggable, o.both),
      ('genes_have_drugs', g.genes, o.druggable),
      ('genes_have_annotations', g.genes, o.annotated),
      ('genes_have_cross_references', g.genes, r.genes)
  ) as c (name, total, counted)
