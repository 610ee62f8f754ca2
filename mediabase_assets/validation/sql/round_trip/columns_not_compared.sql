-- legacy columns that hold values of kept genes, and of which no fact was compared
select field from legacy_values
where value not in ('{}', '[]') and not (jsonb_typeof(value) = 'object' and not value @? '$.*[*]')
group by field
having field not in (select legacy_column from account union select legacy_column from differences)
order by 1
