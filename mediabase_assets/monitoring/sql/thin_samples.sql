-- Each sample that stays takes over the most memory of those that go, so that a peak is never thinned away.
with peaks as (
  select number / %(stride)s * %(stride)s as number, max(memory_bytes) as memory_bytes from samples
  where run_id = %(run)s and host = %(host)s and process_id = %(process)s group by 1
), kept as (
  update samples as s set memory_bytes = p.memory_bytes from peaks as p
  where s.run_id = %(run)s and s.host = %(host)s and s.process_id = %(process)s and s.number = p.number
)
delete from samples
where run_id = %(run)s and host = %(host)s and process_id = %(process)s and number %% %(stride)s <> 0
