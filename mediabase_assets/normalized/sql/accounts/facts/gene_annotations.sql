select field, case when field = 'product_type' then 'product type of a gene' else 'annotation' end as fact_kind, field <> 'product_type' as is_primary,
  n, repairs, reason, is_first
from annotation_facts
