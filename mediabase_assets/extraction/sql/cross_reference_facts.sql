-- Grain: one row per identifier in the arrays and id objects of a gene, and per CCDS and RefSeq protein id of its transcripts.
-- Rules: the format decides the authority where the column is wrong (identifier_retyped); versions are split off; of two
-- versions of one id the higher is kept; what fits no authority is quarantined.
-- Inputs: gene_payloads, transcript_candidates, gene_candidates.
create unlogged table cross_reference_facts as
with members as (
  select
    payload_id, gene_id, field, '$[' || (position - 1) || ']' as path, n, e as raw,
    case field when 'uniprot_ids' then 'UniProt' when 'ncbi_ids' then 'NCBI' when 'refseq_ids' then 'RefSeq' else 'PDB' end as expected_db,
    field as source, true as is_reported
  from gene_payloads cross join jsonb_array_elements(value) with ordinality as m (e, position)
  where reason is null and field in ('uniprot_ids', 'ncbi_ids', 'refseq_ids', 'pdb_ids')
  union all
  select
    payload_id, gene_id, field, '$.' || key, n, e,
    case when key in ('HGNC', 'HAVANA', 'OMIM', 'KEGG', 'Ensembl', 'RefSeq', 'UniProt', 'NCBI') then key end,
    field || '.' || key, true
  from gene_payloads cross join jsonb_each(object_of(value)) as m (key, e)
  where reason is null and field in ('alt_gene_ids', 'alt_transcript_ids')
  union all
  select payload_id, gene_id, field, '$', n, value, null, field, true
  from gene_payloads
  where reason is null and field in ('alt_gene_ids', 'alt_transcript_ids') and jsonb_typeof(value) <> 'object'
  union all
  select null, t.gene_id, 'alt_transcript_ids', '$.CCDS', count(*)::integer, to_jsonb(t.ccds_id), 'CCDS', 'alt_transcript_ids.CCDS', false
  from transcript_candidates as t join gene_candidates as g using (gene_id)
  where t.ccds_id is not null and g.reason is null and t.reason is null
  group by t.gene_id, t.ccds_id
  union all
  select null, t.gene_id, 'alt_transcript_ids', '$.RefSeq_protein', count(*)::integer, to_jsonb(t.refseq_protein_id), 'RefSeq',
    'alt_transcript_ids.RefSeq_protein', false
  from transcript_candidates as t join gene_candidates as g using (gene_id)
  where t.refseq_protein_id is not null and g.reason is null and t.reason is null
  group by t.gene_id, t.refseq_protein_id
),
valued as (
  select *, json_text(raw) as said, plain_identifier(json_text(raw), expected_db) as value from members
  offset 0
),
typed as (
  select *, authority_of(value, expected_db) as external_db
  from valued
  offset 0
),
split as (
  select
    *,
    case when external_db in ('RefSeq', 'Ensembl', 'HAVANA', 'CCDS') then regexp_replace(value, '(\.[0-9]+)?(_PAR_Y)?$', '') else value end
      collate "C" as external_id,
    case when external_db in ('RefSeq', 'Ensembl', 'HAVANA', 'CCDS') then substring(value from '\.([0-9]{1,6})(?:_PAR_Y)?$')::integer end
      as external_version,
    array_remove(array[
      case when external_db <> expected_db then 'identifier_retyped' end,
      case when value like '%\_PAR\_Y' then 'par_y' end,
      case when said <> value then id_repair(said, value) end,
      case when raw #>> '{}' <> said then 'white_space' end
    ], null) as repairs
  from typed
  offset 0
),
ranked as (
  select
    *,
    case
      when jsonb_typeof(raw) in ('object', 'array') or path = '$' then 'not_an_object'
      when value is null then 'blank_value'
      when external_db is null and is_placeholder(value) then 'placeholder'
      when external_db is null and names_other_species(value) then 'other_species'
      when external_db is null and expected_db is null then 'unknown_key'
      when external_db is null then 'bad_identifier'
    end as own_reason,
    row_number() over of_fact as rank_of_fact,
    first_value(external_version) over of_fact as kept_version
  from split
  window of_fact as (
    partition by gene_id, external_db, external_id
    order by external_version desc nulls last, (repairs <> '{}'), source, payload_id nulls last, path collate "C")
)
select
  payload_id, gene_id, field, path, n, source, is_reported, external_db, external_id, external_version,
  coalesce(own_reason, case when external_version < kept_version then 'older_version' end) as reason,
  case when own_reason is null then repairs else '{}' end as repairs,
  case when external_version < kept_version then external_id || '.' || kept_version end as winner,
  case when own_reason is not null or repairs <> '{}' or external_version < kept_version then raw end as raw,
  own_reason is null and rank_of_fact = 1 as is_first
from ranked;
