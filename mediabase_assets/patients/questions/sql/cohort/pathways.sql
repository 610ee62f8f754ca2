-- Question: which pathways are hit in how many patients? Grain: one row per pathway, most patients first; pathways that are hit in nobody are
-- left out. Hit: an adjusted p value under {significant} in one of the three tests.
-- {patients}: schema of the patients' data. {live}: schema of the released tables. Parameter: how many pathways.
select
  h.pathway_id, w.pathway_name, w.source_database as pathway_source, h.patients,
  round(h.patients::numeric / (select count(*) from {patients}.patient_enrichments), 4) as share, h.up, h.down, h.ranked_higher, h.ranked_lower
from (
  select
    s.pathway_id, count(*) as patients, count(*) filter (where s.up_adjusted_p_value < {significant}) as up,
    count(*) filter (where s.down_adjusted_p_value < {significant}) as down,
    count(*) filter (where s.rank_adjusted_p_value < {significant} and s.ranked_above > 0.5) as ranked_higher,
    count(*) filter (where s.rank_adjusted_p_value < {significant} and s.ranked_above < 0.5) as ranked_lower
  from {patients}.stored_pathway_hits as s
  where least(s.up_adjusted_p_value, s.down_adjusted_p_value, s.rank_adjusted_p_value) < {significant}
  group by s.pathway_id) as h
left join {live}.pathways as w on w.pathway_id = h.pathway_id
order by h.patients desc, h.pathway_id collate "C"
limit %(limit)s
