-- Grain: one row per transcript. The GO annotations of a transcript are those of its set, brought together once per set; the
-- reader's view transcript_go_terms tells the same one by one. expression_status: above 2 upregulated, below 0.5
-- downregulated, else normal; NULL where no fold change is known.
-- A qualifier of an annotation, and what is not known of a product, are left out of their objects.
-- Denied annotations (qualifier NOT) are in denied_go_annotations, not among go_annotations.
-- view_created_at: when the transcript's or its gene's row was last written.
-- Inputs: transcripts, genes, go_term_set_members, go_terms, transcript_products.
with of_sets as (
  select
    m.go_set_id,
    jsonb_agg(jsonb_build_object('go_id', m.go_id, 'term', g.term_name, 'category', g.category, 'evidence', m.evidence_code)
      || case when m.qualifier is null then '{}' else jsonb_build_object('qualifier', m.qualifier) end order by m.go_id collate "C")
      filter (where coalesce(m.qualifier !~ '^NOT(\||$)', true)) as go_annotations,
    jsonb_agg(jsonb_build_object('go_id', m.go_id, 'term', g.term_name, 'category', g.category, 'evidence', m.evidence_code, 'qualifier', m.qualifier)
      order by m.go_id collate "C") filter (where m.qualifier ~ '^NOT(\||$)') as denied_go_annotations
  from go_term_set_members as m
  join go_terms as g using (go_id)
  group by m.go_set_id
),
of_products as (
  select
    transcript_id,
    jsonb_agg(jsonb_strip_nulls(jsonb_build_object('product_id', product_id, 'uniprot_id', uniprot_id, 'protein_name', protein_name,
      'product_type', product_type, 'function_description', function_description)) order by product_type collate "C", product_id) as products
  from transcript_products
  group by transcript_id
)
select
  t.transcript_id, t.transcript_name, t.transcript_type, t.support_level as transcript_support_level,
  g.gene_id, g.gene_symbol, g.gene_name, g.gene_type, g.chromosome,
  coalesce(s.go_annotations, '[]') as go_annotations,
  coalesce(s.denied_go_annotations, '[]') as denied_go_annotations,
  coalesce(p.products, '[]') as products,
  t.expression_fold_change,
  case
    when t.expression_fold_change > 2.0 then 'upregulated'
    when t.expression_fold_change < 0.5 then 'downregulated'
    when t.expression_fold_change is not null then 'normal'
  end as expression_status,
  greatest(t.updated_at, g.updated_at) as view_created_at
from transcripts as t
join genes as g using (gene_id)
left join of_sets as s using (go_set_id)
left join of_products as p using (transcript_id)
