-- Grain: one row per schema of one patient, as v0.6.0 made them: `patient_<id>` with the table expression_data.
-- Columns: schema; whether it has a table metadata that this role may read.
select
  n.nspname::text as schema,
  exists (
    select from pg_catalog.pg_attribute as a
    where a.attrelid = to_regclass(format('%I.metadata', n.nspname)) and a.attname = 'patient_id' and not a.attisdropped
      and has_schema_privilege(n.oid, 'usage') and has_table_privilege(a.attrelid, 'select')) as has_metadata
from pg_catalog.pg_namespace as n
join pg_catalog.pg_class as c on c.relnamespace = n.oid
where n.nspname ~* '^patient_' and c.relname = 'expression_data' and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by n.nspname collate "C"
