-- Which target the records belong to. Safe to run again. Apart from deploy.sql, whose digest is that of the schema's asset:
-- a database that was migrated before there were targets has nothing to build again.
create table if not exists target (
  is_only boolean primary key default true check (is_only),
  live_schema text not null,
  recorded_at timestamptz not null default clock_timestamp()
);
comment on table target is 'One row: the live schema whose migrations have their records here.';

alter table releases
  add column if not exists live_schema text,
  add column if not exists legacy_relation text,
  add column if not exists database_name text;
alter table rollbacks
  add column if not exists live_schema text,
  add column if not exists legacy_relation text,
  add column if not exists database_name text;
