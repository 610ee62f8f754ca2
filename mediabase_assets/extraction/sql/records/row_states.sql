-- What became of legacy rows as wholes and of their transcript-grain values: quarantined rows with all that they say, and
-- single values of kept rows that were quarantined or repaired.
insert into quarantine (
  migration_id, asset, transcript_id, gene_id, legacy_column, json_path, reason, raw_value, winner, fact_count)
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), s.raw_transcript_id, s.gene_id, 'transcript_id', '$',
  s.reason,
  jsonb_strip_nulls(jsonb_build_object('transcript_id', r.transcript_id, 'gene_id', r.gene_id, 'gene_symbol', r.gene_symbol,
    'gene_type', r.gene_type, 'chromosome', r.chromosome, 'coordinates', r.coordinates, 'expression_fold_change', r.expression_fold_change::text,
    'features', r.features, 'alt_transcript_ids', r.alt_transcript_ids)), s.winner, 1
from row_states as s join legacy_rows as r on r.transcript_id = s.raw_transcript_id
where s.outcome = 'quarantined'
union all
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), s.raw_transcript_id, s.gene_id, p.field, '$',
  'row_quarantined', p.value, s.winner, count_facts(p.field, p.value)
from row_states as s
join legacy_payloads as p on p.payload_id in (s.go_payload_id, s.product_payload_id)
where s.outcome = 'quarantined' and not s.is_gene_quarantined and s.gene_id is not null
union all
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), s.raw_transcript_id, s.gene_id, v.legacy_column, '$',
  'row_quarantined', v.raw, s.winner, v.facts
from row_states as s
join legacy_rows as r on r.transcript_id = s.raw_transcript_id
cross join lateral (values
  ('chromosome', to_jsonb(r.chromosome), (clean_text(r.chromosome) is not null)::integer),
  ('coordinates', r.coordinates, (r.coordinates is not null)::integer),
  ('expression_fold_change', to_jsonb(r.expression_fold_change::text), (r.expression_fold_change is not null)::integer),
  ('features', r.features, (select count(*)::integer from jsonb_object_keys(object_of(r.features)) as k
    where k in ('TSL', 'annotation_level', 'annotation_tags', 'gene_id_versioned', 'transcript_id_versioned'))),
  ('alt_transcript_ids', r.alt_transcript_ids, (select count(*)::integer from jsonb_object_keys(object_of(r.alt_transcript_ids)) as k
    where k in ('transcript_name', 'CCDS', 'HAVANA', 'RefSeq_protein')))
) as v (legacy_column, raw, facts)
where s.outcome = 'quarantined' and v.facts > 0
union all
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), t.raw_transcript_id, t.gene_id, v.legacy_column, v.path,
  v.reason, v.raw, null, 1
from transcript_candidates as t
join row_states as s using (raw_transcript_id)
cross join lateral (values
  ('coordinates', '$', 'bad_coordinates', t.raw_coordinates, t.coordinates_state = 'bad'),
  ('expression_fold_change', '$', 'bad_fold_change', to_jsonb(t.raw_fold_change::text),
    t.raw_fold_change is not null and t.expression_fold_change is null)
) as v (legacy_column, path, reason, raw, applies)
where v.applies and s.outcome <> 'quarantined'
  -- hardly any row has one: the others need not be taken apart
  and (t.coordinates_state = 'bad' or t.raw_fold_change is not null and t.expression_fold_change is null)
union all
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), t.raw_transcript_id, t.gene_id, split_part(code, '|', 1),
  split_part(code, '|', 2), split_part(code, '|', 3),
  case split_part(code, '|', 1) when 'features' then r.features -> substr(split_part(code, '|', 2), 3)
    when 'alt_transcript_ids' then r.alt_transcript_ids -> substr(split_part(code, '|', 2), 3) else to_jsonb(r.chromosome) end, null, 1
from transcript_candidates as t
join row_states as s using (raw_transcript_id)
join legacy_rows as r on r.transcript_id = t.raw_transcript_id
cross join unnest(t.set_aside) as code
where t.set_aside <> '{}' and s.outcome <> 'quarantined';

insert into repairs (
  migration_id, asset, transcript_id, gene_id, legacy_column, json_path, reason, raw_value, repaired_value, fact_count)
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), t.raw_transcript_id, t.gene_id, 'transcript_id', '$', code,
  to_jsonb(t.raw_transcript_id), to_jsonb(t.transcript_id), 1
from transcript_candidates as t join row_states as s using (raw_transcript_id) cross join unnest(t.repairs) as code
where s.outcome in ('repaired', 'merged')
union all
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), t.raw_transcript_id, t.gene_id, 'coordinates', '$',
  'coordinates_coerced', t.raw_coordinates, t.coordinates, 1
from transcript_candidates as t join row_states as s using (raw_transcript_id)
where t.coordinates_coerced and s.outcome <> 'quarantined'
union all
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), t.raw_transcript_id, t.gene_id, 'alt_transcript_ids',
  '$.RefSeq_protein', 'refseq_protein_relabelled', to_jsonb(t.raw_protein_id), null, 1
from transcript_candidates as t join row_states as s using (raw_transcript_id)
where t.ensembl_protein_id is not null and s.outcome <> 'quarantined'
union all
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), t.raw_transcript_id, t.gene_id, split_part(code, '|', 1),
  split_part(code, '|', 2), split_part(code, '|', 3), r.old,
  case split_part(code, '|', 2) when '$' then to_jsonb(t.chromosome) when '$.TSL' then to_jsonb(t.support_level)
    when '$.annotation_level' then to_jsonb(t.annotation_level) when '$.annotation_tags' then to_jsonb(t.tags)
    when '$.gene_id_versioned' then to_jsonb(t.gene_id) when '$.transcript_id_versioned' then to_jsonb(t.transcript_id)
    when '$.transcript_name' then to_jsonb(t.transcript_name) when '$.CCDS' then to_jsonb(t.ccds_id) when '$.HAVANA' then to_jsonb(t.havana_id) end, 1
from transcript_candidates as t join row_states as s using (raw_transcript_id) join legacy_rows as l on l.transcript_id = t.raw_transcript_id
cross join unnest(t.changed) as code
cross join lateral (select case split_part(code, '|', 1) when 'features' then l.features -> substr(split_part(code, '|', 2), 3)
  when 'alt_transcript_ids' then l.alt_transcript_ids -> substr(split_part(code, '|', 2), 3) else to_jsonb(l.chromosome) end as old) as r
where t.changed <> '{}' and s.outcome in ('kept', 'repaired')
union all
select current_setting('mediabase.migration_id'), current_setting('mediabase.asset'), t.raw_transcript_id, t.gene_id, 'chromosome', '$',
  'locus_differs', jsonb_build_object('chromosome', t.chromosome, 'strand', t.coordinates -> 'strand'),
  jsonb_build_object('chromosome', g.chromosome, 'strand', g.genomic_coordinates -> 'strand'), 1
from transcript_candidates as t join row_states as s using (raw_transcript_id) join gene_candidates as g on g.gene_id = t.gene_id
where s.outcome <> 'quarantined' and t.coordinates is not null
  and (t.chromosome, t.coordinates -> 'strand') is distinct from (g.chromosome, g.genomic_coordinates -> 'strand');
