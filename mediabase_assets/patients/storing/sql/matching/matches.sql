-- Grain: one row per row of the file that matched, with the number of its gene or transcript where it has one yet. `matched_by` is a letter
-- of ../../codes.py.
create temporary table matches (row_number integer not null, target_id text not null, target_key integer, matched_by "char" not null)
on commit drop;
