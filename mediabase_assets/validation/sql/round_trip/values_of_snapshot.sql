-- The values of rows that changed since the snapshot, as it read them. Inputs: groups, resolved, legacy_payloads.
insert into legacy_values
select g.field, g.gene, g.digest, g.n, g.example, (
  select p.value from legacy_payloads as p where p.field = g.field and p.digest = g.digest limit 1)
from groups as g where g.any_ctid is null;
