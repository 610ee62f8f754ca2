-- Symbols that several genes had in the legacy table: their row names the gene that the migration kept.
-- `operations` takes the place of the schema of the records.
update matches as m set matched_by = 'w'
from incoming as i
where i.row_number = m.row_number and i.id_kind = 's' and m.matched_by = 'e' and m.target_id in (
  select winner from {operations}.quarantine
  where reason = 'symbol_conflict' and winner is not null
    and migration_id = (select migration_id from {operations}.releases where rolled_back_at is null order by released_at desc limit 1));
