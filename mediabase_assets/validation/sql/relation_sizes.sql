-- Grain: one row per relation of the given names: bytes of its heap (with its maps), its TOAST table (with its index) and
-- its indexes; the partitions of a partitioned table count as part of it. The three add up to pg_total_relation_size.
-- Parameters: schema, relations.
select
  c.relname as relation,
  coalesce(sum(pg_table_size(p.oid) - coalesce(pg_total_relation_size(nullif(p.reltoastrelid, 0)), 0)), 0)::bigint as heap_bytes,
  coalesce(sum(coalesce(pg_total_relation_size(nullif(p.reltoastrelid, 0)), 0)), 0)::bigint as toast_bytes,
  coalesce(sum(pg_indexes_size(p.oid)), 0)::bigint as index_bytes
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
join pg_class as p on p.oid = c.oid or (c.relkind = 'p' and p.oid in (select relid from pg_partition_tree(c.oid)))
where n.nspname = %(schema)s and c.relname = any(%(relations)s) and c.relkind in ('r', 'p', 'm')
group by c.relname
order by c.relname
