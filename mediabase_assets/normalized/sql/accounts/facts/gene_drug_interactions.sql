select field, 'drug' as fact_kind, true as is_primary, n, repairs, reason, is_first from drug_facts
