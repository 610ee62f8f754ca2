-- GO terms without name or aspect.
select go_id, term_name, category from go_terms where term_name is null or category is null order by go_id
