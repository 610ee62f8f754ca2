-- Grain: one row per row of {relation}, the metadata of a patient's schema (v0.6.0): all columns with a value, as JSON.
select json_strip_nulls(row_to_json(m)) from {relation} as m
