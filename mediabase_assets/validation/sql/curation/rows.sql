-- Rows that rules of curators changed are compared as they are after it, and rows that rules left out are not compared, each if its entry in
-- legacy_curation says so: the changes of the entries are made again on what the legacy table holds, and must give what the snapshot holds.
-- Inputs: legacy_read, legacy_rows, legacy_curation.
insert into account
select legacy_column, case when operation in ('drop', 'row') then 'quarantine' else 'repair' end,
  case when operation in ('drop', 'row') then 'curator_dropped' else 'curator_rule' end,
  sum(case when operation in ('drop', 'row') then greatest(facts, 1) else n_rows end)
from legacy_curation group by 1, 2, 3;

delete from legacy_read where row_digest in (select row_digest from legacy_curation where operation = 'row');

insert into differences
select l.transcript_id, l.gene_id, v.name, '$', v.legacy::text, v.read::text, 'what rules of curators made of the row'
from legacy_read as l
join legacy_rows as s using (row_digest)
cross join lateral (values
  ('transcript_id', to_jsonb(l.transcript_id), to_jsonb(s.transcript_id)), ('gene_symbol', to_jsonb(l.gene_symbol), to_jsonb(s.gene_symbol)),
  ('gene_id', to_jsonb(l.gene_id), to_jsonb(s.gene_id)), ('gene_type', to_jsonb(l.gene_type), to_jsonb(s.gene_type)),
  ('chromosome', to_jsonb(l.chromosome), to_jsonb(s.chromosome)), ('coordinates', l.coordinates, s.coordinates),
  ('expression_fold_change', to_jsonb(l.expression_fold_change::text), to_jsonb(s.expression_fold_change::text)), ('features', l.features, s.features),
  ('alt_transcript_ids', l.alt_transcript_ids, s.alt_transcript_ids)
) as v (name, legacy, read)
left join lateral (
  select jsonb_agg(jsonb_build_object('path', to_jsonb(c.path), 'operation', c.operation, 'value', c.new_value) order by c.path desc) as changes,
    bool_or(cardinality(c.path) = 0) as is_whole, (array_agg(c.new_value))[1] as whole
  from legacy_curation as c where c.row_digest = l.row_digest and c.payload_id is null and c.legacy_column = v.name) as e on true
where row(l.transcript_id, l.gene_symbol, l.gene_id, l.gene_type, l.chromosome, l.coordinates, l.expression_fold_change, l.features, l.alt_transcript_ids)
  is distinct from
  row(s.transcript_id, s.gene_symbol, s.gene_id, s.gene_type, s.chromosome, s.coordinates, s.expression_fold_change, s.features, s.alt_transcript_ids)
  and case when v.name = 'expression_fold_change' then (v.read #>> '{}')::float8 is distinct from
      (case when e.changes is null then v.legacy #>> '{}' else e.whole #>> '{}' end)::float8
    else v.read is distinct from case when e.changes is null then v.legacy when e.is_whole then e.whole else pg_temp.curated(v.legacy, e.changes) end end;

update legacy_read as l set
  transcript_id = s.transcript_id, gene_symbol = s.gene_symbol, gene_id = s.gene_id, gene_type = s.gene_type, chromosome = s.chromosome,
  coordinates = s.coordinates, expression_fold_change = s.expression_fold_change, features = s.features, alt_transcript_ids = s.alt_transcript_ids,
  feature_gene_id = s.feature_gene_id, alternative_gene_id = s.alternative_gene_id, go_terms = s.go_terms, molecular_functions = s.molecular_functions,
  cellular_location = s.cellular_location, product_type = s.product_type, pathways = s.pathways, drugs = s.drugs, uniprot_ids = s.uniprot_ids,
  ncbi_ids = s.ncbi_ids, refseq_ids = s.refseq_ids, pdb_ids = s.pdb_ids, alt_gene_ids = s.alt_gene_ids, source_references = s.source_references,
  publications = s.publications, pharmgkb_pathways = s.pharmgkb_pathways, pharmgkb_variants = s.pharmgkb_variants
from legacy_rows as s
where s.row_digest = l.row_digest
  and (s.row_digest in (select row_digest from legacy_curation where payload_id is null and row_digest is not null)
    or s.identity in (select identity from legacy_curation where payload_id is not null));
analyze legacy_read;
