-- Genes or transcripts with several rows whose values differ: how many, and of the first the id and the rows of the file.
select count(*) over (), target_id, array_agg(row_number order by row_number)
from outcome group by target_id having count(*) > 1 order by min(row_number) limit 5;
