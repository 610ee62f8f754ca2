-- As former_symbols.sql, of a database without records of a migration.
create temporary table former_symbols (symbol text, gene_id text) on commit drop;
