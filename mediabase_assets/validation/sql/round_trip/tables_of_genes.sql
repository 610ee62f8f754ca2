-- Genes, transcripts, their products, identifiers and annotations as they follow from the legacy facts that the proof read.
-- Every normalized table is made anew as expected__<relation>, with the names of its columns, in this file and the other
-- tables_of_*.sql, and compared with the table itself, cell by cell. What the legacy table never held is NULL.
-- Inputs: expected_genes, kept_rows, product_sets, members_told, expected_identifiers. Left out: created_at, updated_at.
create unlogged table expected__genes as
select gene as gene_id, version as gene_version, symbol as gene_symbol, symbol_source, null::text as gene_name, gene_type, chromosome,
  place as genomic_coordinates, (place ->> 'start')::bigint as start_position, (place ->> 'end')::bigint as end_position, (place ->> 'strand')::smallint as strand,
  is_par, quality::smallint as quality_score, transcripts as source_transcript_count
from expected_genes;

create unlogged table expected__transcripts as
select distinct on (transcript) transcript as transcript_id, version_of_transcript as transcript_version, gene as gene_id, name_read as transcript_name,
  null::text as transcript_type, tsl_read as support_level, chromosome_said as chromosome, place as coordinates, level_read as annotation_level,
  tags_read as tags, ccds_read as ccds_id, havana_read as havana_id, protein_read as ensembl_protein_id, is_par_row as is_par,
  case when expression_fold_change > 0 and expression_fold_change < 'Infinity' then expression_fold_change end as expression_fold_change,
  gene, product_type
from kept_rows
order by transcript, is_par_copy, version_of_transcript desc nulls last, raw_transcript_id;

create unlogged table expected__transcript_products as
select ('x' || substr(md5(t.transcript_id || '|' || m || '|'), 1, 16))::bit(64)::bigint as product_id, t.transcript_id, null::text as uniprot_id,
  null::text as protein_name, m as product_type, null::text as function_description, t.ensembl_protein_id
from expected__transcripts as t join product_sets as p on p.gene = t.gene and p.digest = t.product_type cross join unnest(p.value) as m;

create unlogged table expected__gene_cross_references as
select gene as gene_id, db as external_db, external_id, version as external_version,
  is_named_as_one or count(*) over (partition by gene, db) = 1 as is_primary, source
from expected_identifiers;

create unlogged table expected__gene_annotations as
select distinct gene as gene_id, case field when 'molecular_functions' then 'molecular_function' else field end as annotation_type, value as annotation_value,
  case field when 'product_type' then 'UniProt' else 'GO' end as source
from members_told where octet_length(value) <= 600;
