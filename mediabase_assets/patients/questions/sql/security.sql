-- Row-level security of a table with patient_key, as that of ../../storing/sql/security.sql. Safe to run again.
-- {patients}: schema of the patients' data. {stored}: the table, once for each.
alter table {patients}.{stored} enable row level security;
drop policy if exists readers on {patients}.{stored};
create policy readers on {patients}.{stored} for select
  using (patient_key = any (array(select a.patient_key from {patients}.patient_access as a)));
