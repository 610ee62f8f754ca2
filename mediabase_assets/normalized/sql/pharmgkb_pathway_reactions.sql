-- Grain: one row per distinct reaction of a PharmGKB pathway, each pathway once. Input: pharmgkb_reactions, pathways.
insert into pharmgkb_pathway_reactions (
  pathway_id, reaction_index, from_entity, to_entity, reaction_type, control_type, cell_type, controller_genes, drugs, diseases, pmids, summary)
select
  r.pathway_id, r.reaction_index, r.from_entity, r.to_entity, r.reaction_type, r.control_type, r.cell_type, r.controller_genes, r.drugs,
  r.diseases, r.pmids, r.summary
from pharmgkb_reactions as r
where r.reason is null
order by r.pathway_id, r.reaction_index;
