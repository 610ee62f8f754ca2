-- Grain: one row per gene of a name: id, symbol, or the symbol in another case; the best fit first. {live}: schema of the released tables.
select g.gene_id, g.gene_symbol
from {live}.genes as g
where g.gene_id = %(gene)s or upper(g.gene_symbol) = upper(%(gene)s)
order by (g.gene_id = %(gene)s) desc, (g.gene_symbol = %(gene)s) desc, g.gene_id
