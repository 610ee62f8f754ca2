-- Grain: one row per variant of a symbol that a gene has. `live` takes the place of the schema of the released tables.
select v.symbol, string_agg(distinct g.gene_symbol, ' or ' order by g.gene_symbol)
from unnest(%s::text[], %s::text[]) as v (symbol, variant)
join {live}.genes as g on g.gene_symbol = v.variant
group by v.symbol having count(distinct g.gene_symbol) <= 3;
