-- in the two columns with several kinds of facts, every kind counted apart adds up to the facts of the column counted whole
select field, c.facts as facts_by_kind, w.facts as facts_of_column
from (
  select field, sum(facts_read) as facts from fact_counts
  where fact_kind <> 'cited reference' and field in ('drugs', 'pharmgkb_variants') group by field) as c
full join (
  select field, sum(n * count_facts(field, value)) as facts
  from (select * from gene_payloads where field in ('drugs', 'pharmgkb_variants') offset 0) as p group by field) as w using (field)
where c.facts is distinct from w.facts
