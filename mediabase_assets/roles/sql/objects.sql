-- One row per object that a role of ours could be granted something on: the database, our schemas, what is in them, the released
-- relations and functions in the live schema, the legacy table. Relations of other people are left out.
with places (room, schema) as (
    select * from unnest(%(rooms)s::text[], %(schemas)s::text[])
), relations as (
    select case when n.nspname = %(legacy_schema)s and c.relname = %(legacy_table)s then 'legacy' else p.room end as room,
           case c.relkind when 'S' then 'sequence' else 'table' end as kind, c.oid, n.nspname, c.relname::text as name,
           format('%%I.%%I', n.nspname, c.relname) as identity,
           case when c.relkind = 'v' then coalesce(c.reloptions, '{}') && %(protecting)s::text[] else c.relrowsecurity end as is_protected
    from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join places as p on p.schema = n.nspname
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      and (n.nspname = %(legacy_schema)s and c.relname = %(legacy_table)s
           or p.room <> 'live' or p.room = 'live' and c.relname = any(%(released)s::text[]))
)
select 'database' as kind, 'database' as room, d.oid, quote_ident(d.datname) as identity, d.datname::text as name,
       false as is_protected, pg_catalog.pg_get_userbyid(d.datdba)::text as owner
from pg_catalog.pg_database as d where d.datname = current_database()
union all
select 'schema', p.room, n.oid, quote_ident(n.nspname), n.nspname::text, false, pg_catalog.pg_get_userbyid(n.nspowner)::text
from pg_catalog.pg_namespace as n join places as p on p.schema = n.nspname
union all
select 'schema', 'legacy', n.oid, quote_ident(n.nspname), n.nspname::text, false, pg_catalog.pg_get_userbyid(n.nspowner)::text
from pg_catalog.pg_namespace as n where n.nspname = %(legacy_schema)s and n.nspname <> all(%(schemas)s::text[])
union all
select r.kind, r.room, r.oid, r.identity, r.name, r.is_protected or r.room = 'patients' and r.name = any(%(shared)s::text[]),
       pg_catalog.pg_get_userbyid(c.relowner)::text
from relations as r join pg_catalog.pg_class as c on c.oid = r.oid
union all
select 'function', p.room, f.oid, format('%%I.%%I(%%s)', n.nspname, f.proname, pg_catalog.pg_get_function_identity_arguments(f.oid)),
       f.proname::text, false, pg_catalog.pg_get_userbyid(f.proowner)::text
from pg_catalog.pg_proc as f join pg_catalog.pg_namespace as n on n.oid = f.pronamespace join places as p on p.schema = n.nspname
where f.prokind in ('f', 'w') and (p.room <> 'live' or f.proname = any(%(functions)s::text[]))
order by 1, 4
