-- Grain: one row per object of people that the named relations need and that is dumped with none of them.
-- Rule: from the relations, their indexes, constraints, defaults, triggers, rules and policies along pg_depend; to constraints of
-- domains, columns of composite types, and functions whose name stands in the text of a needed one. Not the members of extensions,
-- nor what is in schemas that are dumped whole.
-- Parameters: schemas and names of the relations, whole (schemas), first (oid of people's first object).
with recursive named as (
    select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where (n.nspname, c.relname) in (select * from unnest(%(schemas)s::text[], %(names)s::text[]))
), people as (
    select p.oid, p.proname, p.prosrc from pg_catalog.pg_proc p
    where p.oid >= %(first)s and p.prokind in ('f', 'p') and not exists (select from pg_catalog.pg_namespace n where n.oid = p.pronamespace and n.nspname = any(%(whole)s::text[]))
      and not exists (select from pg_catalog.pg_depend d
                      where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
), reached (classid, objid) as (
    select 'pg_catalog.pg_class'::regclass::oid, oid from named
    union select 'pg_catalog.pg_class'::regclass, indexrelid from pg_catalog.pg_index where indrelid in (select oid from named)
    union select 'pg_catalog.pg_constraint'::regclass, oid from pg_catalog.pg_constraint where conrelid in (select oid from named)
    union select 'pg_catalog.pg_attrdef'::regclass, oid from pg_catalog.pg_attrdef where adrelid in (select oid from named)
    union select 'pg_catalog.pg_trigger'::regclass, oid from pg_catalog.pg_trigger where tgrelid in (select oid from named)
    union select 'pg_catalog.pg_rewrite'::regclass, oid from pg_catalog.pg_rewrite where ev_class in (select oid from named)
    union select 'pg_catalog.pg_policy'::regclass, oid from pg_catalog.pg_policy where polrelid in (select oid from named)
    union
    select s.classid, s.objid from reached r cross join lateral (
        select d.refclassid, d.refobjid from pg_catalog.pg_depend d
        where d.classid = r.classid and d.objid = r.objid and d.refobjid >= %(first)s and d.deptype in ('n', 'a', 'i', 'e')
          and d.refclassid <> 'pg_catalog.pg_class'::regclass
        union all
        select 'pg_catalog.pg_constraint'::regclass, k.oid from pg_catalog.pg_constraint k
        where r.classid = 'pg_catalog.pg_type'::regclass and k.contypid = r.objid
        union all
        select 'pg_catalog.pg_class'::regclass, t.typrelid from pg_catalog.pg_type t
        where r.classid = 'pg_catalog.pg_type'::regclass and t.oid = r.objid and t.typrelid <> 0
        union all
        select 'pg_catalog.pg_proc'::regclass, o.oid from people f join people o
          on o.proname = any(regexp_split_to_array(f.prosrc, '[^A-Za-z0-9_$]+'))
        where r.classid = 'pg_catalog.pg_proc'::regclass and f.oid = r.objid
    ) s (classid, objid)
), objects as (
    select r.classid, r.objid, o.type, o.schema, o.name, o.identity, exists (
      select from pg_catalog.pg_depend d where d.classid = r.classid and d.objid = r.objid and d.deptype = 'e') as is_of_extension
    from reached r cross join lateral pg_catalog.pg_identify_object(r.classid, r.objid, 0) o
    where r.classid not in ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_attrdef'::regclass, 'pg_catalog.pg_trigger'::regclass,
                            'pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_policy'::regclass, 'pg_catalog.pg_namespace'::regclass)
      and (r.classid <> 'pg_catalog.pg_constraint'::regclass or o.type = 'domain constraint')
)
select o.classid, o.objid, o.type, o.schema, coalesce(o.name, ''), o.identity,
       case when o.classid = 'pg_catalog.pg_proc'::regclass and p.prokind in ('f', 'p') then pg_catalog.pg_get_functiondef(o.objid)
            when o.classid = 'pg_catalog.pg_constraint'::regclass then pg_catalog.pg_get_constraintdef(o.objid) else '' end,
       coalesce(p.prokind in ('f', 'p') and p.prosqlbody is null and l.lanname not in ('c', 'internal')
         and not exists (select from unnest(p.proconfig) c where c like 'search\_path=%%'), false)
from objects o
left join pg_catalog.pg_proc p on o.classid = 'pg_catalog.pg_proc'::regclass and p.oid = o.objid
left join pg_catalog.pg_language l on l.oid = p.prolang
left join pg_catalog.pg_type t on o.classid = 'pg_catalog.pg_type'::regclass and t.oid = o.objid
where not o.is_of_extension and coalesce(t.typcategory, '') <> 'A' and coalesce(o.schema, '') <> all(%(whole)s::text[])
order by o.type collate "C", o.identity collate "C"
