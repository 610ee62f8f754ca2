select field, case when is_further then 'further publication of a reference' when field = 'drugs.references' then 'cited reference' else 'reference' end as fact_kind,
  not is_further as is_primary, n, repairs, reason, is_first
from reference_facts
union all
select 'drugs', 'publication of a PharmGKB record', false, 1, '{}', null, is_first
from (
  select row_number() over (partition by gene_id, publication_id order by source, path) = 1
    and not exists (select from reference_facts as r where r.is_first and r.gene_id = m.gene_id and r.publication_id = m.publication_id
      and r.source_db = 'PharmGKB') as is_first
  from (
    select gene_id, pmid::bigint as publication_id, 1 as source, path from pharmgkb_pathway_facts cross join unnest(pmids) as pmid where is_first
    union all
    select gene_id, pmid::bigint, 2, path || drug_name from pharmgkb_annotation_facts cross join unnest(pmids) as pmid where is_first
  ) as m
) as mentions
