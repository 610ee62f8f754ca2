-- Row-level security of the table that says who may read whom: a role sees what was given to it. Safe to run again.
alter table {patients}.patient_access enable row level security;
drop policy if exists readers on {patients}.patient_access;
create policy readers on {patients}.patient_access for select
  using (role_name in (select r.rolname from pg_catalog.pg_roles as r where pg_has_role(r.oid, 'usage')));
