-- Grain: one row per pathway and gene, of all released pathways. {live}: schema of the released tables.
select w.pathway_id, w.gene_id from {live}.gene_pathways as w group by w.pathway_id, w.gene_id
