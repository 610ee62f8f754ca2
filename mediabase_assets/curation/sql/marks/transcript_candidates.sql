-- Values of rows that a rule gave: the accounts count them as repaired. One that is marked for another repair already counts so.
-- Inputs: transcript_candidates, legacy_curation, legacy_rows.
update transcript_candidates as t set
  changed = array(select code from unnest(c.codes) as code where not exists (
      select from unnest(t.changed || t.set_aside) as old where old like split_part(code, '|', 1) || '|' || replace(split_part(code, '|', 2), '_', '\_') || '|%')
    and not exists (select from unnest(t.set_aside) as old where old = code)) || t.changed,
  coordinates_coerced = t.coordinates_coerced or c.has_coordinates and t.coordinates_state = 'read',
  repairs = case when c.has_id and t.transcript_id is not null then t.repairs || array['curator_rule'] else t.repairs end
from (
  select r.transcript_id,
    array_remove(array_agg(distinct case
      when e.legacy_column = 'chromosome' and r.chromosome is not null then 'chromosome|$|curator_rule'
      when e.legacy_column = 'features' and e.path[1] in ('TSL', 'annotation_level', 'annotation_tags', 'gene_id_versioned', 'transcript_id_versioned')
        then 'features|$.' || e.path[1] || '|curator_rule'
      when e.legacy_column = 'alt_transcript_ids' and e.path[1] in ('transcript_name', 'CCDS', 'HAVANA')
        then 'alt_transcript_ids|$.' || e.path[1] || '|curator_rule' end), null) as codes,
    bool_or(e.legacy_column = 'coordinates') as has_coordinates, bool_or(e.legacy_column = 'transcript_id') as has_id
  from legacy_curation as e join legacy_rows as r using (row_digest)
  where e.payload_id is null and e.operation = 'set'
  group by r.transcript_id) as c
where c.transcript_id = t.raw_transcript_id;
