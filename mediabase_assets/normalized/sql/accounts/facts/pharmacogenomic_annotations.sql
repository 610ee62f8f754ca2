select field, kind || ' annotation' as fact_kind, true as is_primary, n, repairs, reason, is_first from pharmgkb_annotation_facts
