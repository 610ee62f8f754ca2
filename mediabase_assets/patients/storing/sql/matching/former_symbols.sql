-- Grain: one row per gene and symbol that the legacy table held of it beside the one that is kept, in the migration that is live.
-- `operations` takes the place of the schema of the records.
create temporary table former_symbols on commit drop as
select distinct raw_value #>> '{{}}' as symbol, gene_id
from {operations}.repairs
where legacy_column = 'gene_symbol' and gene_id is not null
  and migration_id = (select migration_id from {operations}.releases where rolled_back_at is null order by released_at desc limit 1);
