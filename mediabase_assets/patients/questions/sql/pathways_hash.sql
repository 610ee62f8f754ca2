-- Grain: one row: what pathways and genes there are, as one text, whatever their order. {live}: schema of the released tables.
select count(*) || ':' || coalesce(sum(hashtextextended(w.pathway_id || ' ' || w.gene_id, 0)::numeric), 0) from {live}.gene_pathways as w
