-- The entries whose id begins so. Parameter: id.
select * from ({entries}) as e where starts_with(id, %(id)s) order by id, asset collate "C" limit 20
