select field, 'pathway' as fact_kind, true as is_primary, n, repairs, reason, is_first from pathway_facts
union all
select field, 'pathway', true, n, repairs, reason, is_first from pharmgkb_pathway_facts
