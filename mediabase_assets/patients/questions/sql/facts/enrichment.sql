-- Grain: one row: what was tested in a patient; none until `enrich` did. {patients}: schema of the patients' data. Parameter: whose.
select e.background, e.up_genes, e.down_genes, e.ranked_genes, e.ranked_by, e.tested, e.made_at, e.is_current
from {patients}.patient_enrichments as e
where e.patient_id = %(patient_id)s
