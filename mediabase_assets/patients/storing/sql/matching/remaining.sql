-- Grain: one row per row of the file that matched nothing exactly.
create temporary table remaining on commit drop as
select i.row_number, i.raw_id, i.id_kind, i.lookup_id, null::"char" as reason, null::text as hint
from incoming as i
left join matches as m using (row_number)
where m.row_number is null;
