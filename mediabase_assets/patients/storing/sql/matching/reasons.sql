-- Why the remaining rows matched nothing, where nothing said it yet. `grain` takes the place of the letter of the file's ids.
-- `live` takes the place of the schema of the released tables.
delete from remaining as r using matches as m where m.row_number = r.row_number;

update remaining as r set
  reason = case
    when r.id_kind = 'o' then 'o'
    when r.lookup_id like '%\_PAR\_Y' then 'y'
    when {grain} = 't' and r.id_kind in ('g', 's', 'n', 'r', 'u') or {grain} = 'g' and r.id_kind = 't' then 'l'
    when r.id_kind in ('t', 'g', 'n', 'r', 'u') then 'r'
    else 'u'
  end,
  hint = case when r.id_kind = 'o' then case substring(r.raw_id from 'ENS([A-Z]{{3,4}})[GTPE][0-9]')
    when 'MUS' then 'mouse' when 'RNO' then 'rat' when 'DAR' then 'zebrafish' when 'BTA' then 'cow' when 'SSC' then 'pig'
    when 'GAL' then 'chicken' when 'MMU' then 'macaque' when 'PTR' then 'chimpanzee' when 'CAF' then 'dog' when 'OCU' then 'rabbit'
  end end
where r.reason is null;

update remaining as r set reason = 'm', hint = c.symbols
from (
  select r.row_number, string_agg(distinct g.gene_symbol, ', ' order by g.gene_symbol) as symbols
  from remaining as r
  join {live}.gene_cross_references as x on x.external_id = r.lookup_id
  join {live}.genes as g on g.gene_id = x.gene_id
  where r.reason = 'r' and r.id_kind in ('n', 'r', 'u')
  group by r.row_number having count(distinct g.gene_id) > 1) as c
where c.row_number = r.row_number;
