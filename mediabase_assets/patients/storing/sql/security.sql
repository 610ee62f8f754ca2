-- Row-level security: who may read which rows of the tables. Safe to run again.
--
-- The owner of the tables reads everything. Another role reads the rows of the patients that `patient_access` gives to it or to a role
-- that it is a member of. `stored` takes the place of a table with patient_key, once for each.
alter table {patients}.{stored} enable row level security;
drop policy if exists readers on {patients}.{stored};
create policy readers on {patients}.{stored} for select
  using (patient_key = any (array(select a.patient_key from {patients}.patient_access as a)));
