select field, case when is_reported then 'identifier' else 'identifier of a transcript' end as fact_kind, is_reported as is_primary,
  n, repairs, reason, is_first
from cross_reference_facts
