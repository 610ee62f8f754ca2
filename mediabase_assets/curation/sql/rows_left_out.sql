-- Rows that rules leave out as wholes: every column that holds anything is one entry. Inputs: rules_now, legacy_rows, legacy_source.
insert into legacy_curation
select m.rule_id, 'drop', 'row', m.row_digest, m.transcript_id, case when v.legacy_column <> 'gene_id' then m.gene_id end, m.identity, null,
  v.legacy_column, '{}', '$', v.raw, null, 1, v.facts
from (
  select distinct q.rule_id, r.transcript_id, r.row_digest, r.identity, r.legacy_ctid, g.gene_id
  from rules_now as q
  join legacy_rows as r on q.transcript_id is null or r.transcript_id = q.transcript_id
  join genes_now as g on g.identity = r.identity and (q.gene_id is null or g.gene_id = q.gene_id) and (q.symbol is null or g.symbol = q.symbol)
  where q.operation = 'row'
    and pg_temp.value_fits(to_jsonb(case q.legacy_column when 'gene_id' then r.gene_id else r.transcript_id end), q.said, q.pattern)) as m
join legacy_source as l on l.legacy_ctid = m.legacy_ctid
cross join lateral (values
  ('transcript_id', coalesce(to_jsonb(l.transcript_id), 'null'), 1::bigint), ('gene_symbol', to_jsonb(coalesce(l.gene_symbol, '')), 1), ('gene_id', to_jsonb(coalesce(l.gene_id, '')), 1),
  ('gene_type', to_jsonb(l.gene_type), 1), ('chromosome', to_jsonb(l.chromosome), 1), ('coordinates', to_jsonb(l.coordinates), 1),
  ('expression_fold_change', to_jsonb(l.expression_fold_change::text), 1),
  ('features', to_jsonb(l.features), (select count(*) from jsonb_object_keys(object_of(to_jsonb(l.features))))),
  ('alt_transcript_ids', to_jsonb(l.alt_transcript_ids), (select count(*) from jsonb_object_keys(object_of(to_jsonb(l.alt_transcript_ids))))),
  ('product_type', flat_json(l.product_type), count_facts('product_type', flat_json(l.product_type))),
  ('go_terms', to_jsonb(l.go_terms), count_facts('go_terms', to_jsonb(l.go_terms))),
  ('pathways', flat_json(l.pathways), count_facts('pathways', flat_json(l.pathways))),
  ('drugs', to_jsonb(l.drugs), count_facts('drugs', to_jsonb(l.drugs))),
  ('molecular_functions', flat_json(l.molecular_functions), count_facts('molecular_functions', flat_json(l.molecular_functions))),
  ('cellular_location', flat_json(l.cellular_location), count_facts('cellular_location', flat_json(l.cellular_location))),
  ('alt_gene_ids', to_jsonb(l.alt_gene_ids), count_facts('alt_gene_ids', to_jsonb(l.alt_gene_ids))),
  ('uniprot_ids', flat_json(l.uniprot_ids), count_facts('uniprot_ids', flat_json(l.uniprot_ids))),
  ('ncbi_ids', flat_json(l.ncbi_ids), count_facts('ncbi_ids', flat_json(l.ncbi_ids))),
  ('refseq_ids', flat_json(l.refseq_ids), count_facts('refseq_ids', flat_json(l.refseq_ids))),
  ('pdb_ids', flat_json(l.pdb_ids), count_facts('pdb_ids', flat_json(l.pdb_ids))),
  ('source_references', to_jsonb(l.source_references), count_facts('source_references', to_jsonb(l.source_references))),
  ('publications', to_jsonb(l.publications), count_facts('publications', to_jsonb(l.publications))),
  ('pharmgkb_pathways', to_jsonb(l.pharmgkb_pathways), count_facts('pharmgkb_pathways', to_jsonb(l.pharmgkb_pathways))),
  ('pharmgkb_variants', to_jsonb(l.pharmgkb_variants), count_facts('pharmgkb_variants', to_jsonb(l.pharmgkb_variants)))
) as v (legacy_column, raw, facts)
where v.raw is not null and v.facts > 0;

delete from legacy_rows where row_digest in (select row_digest from legacy_curation where operation = 'row');
