-- What PharmGKB says: clinical annotations (drugs.pharmgkb_data), variants (pharmgkb_variants), and pathways with their
-- reactions (drugs.pharmgkb_data.pathway_data and its copy pharmgkb_pathways).
-- Rules: an annotation of several drugs is one fact for each; a variant is named by its content; of annotations or pathway
-- objects of one gene that differ one is kept, the others are in quarantine. Inputs: legacy_values, view_genes, expected_genes,
-- quarantined. Left out: summaries and records without a target (archived), roles of other genes (told on those genes).
create unlogged table annotations_read as
with sides as not materialized (
  select 'legacy' as side, field, gene, n, example, value from legacy_values where field in ('drugs', 'pharmgkb_variants')
  union all select 'view', 'drugs', gene, 1, transcript_id, drugs from view_genes where drugs ? 'pharmgkb_data'
  union all select 'view', 'pharmgkb_variants', gene, 1, transcript_id, pharmgkb_variants from view_genes where pharmgkb_variants <> '{}'
),
items as (
  select side, field, gene, n, example, 'clinical' as kind, '$.pharmgkb_data.clinical_annotations[' || (i - 1) || ']' as path, e as raw,
    word(object(e) -> 'annotation_id') as annotation_id, null as list, e -> 'drug' as drugs
  from sides cross join jsonb_array_elements(listed(object(object(value) -> 'pharmgkb_data') -> 'clinical_annotations')) with ordinality as l (e, i) where field = 'drugs'
  union all
  select side, field, gene, n, example, 'variant', '$.' || list || '[' || (i - 1) || ']', e, 'variant:' || md5(list || ':' || e::text),
    replace(list, '_variants', ''), e -> 'drugs'
  from sides cross join unnest(array['high_impact_variants', 'cyp450_variants', 'cancer_relevant_variants']) as list
  cross join jsonb_array_elements(listed(object(value) -> list)) with ordinality as l (e, i) where field = 'pharmgkb_variants'
)
select i.*, d.drug collate "C" as drug, d.n_drugs, q.reason as quarantine_reason, c.*, md5(c::text) as content
from items as i
cross join lateral (
  select drug, count(*) over () as n_drugs
  from unnest(case when jsonb_typeof(i.raw) = 'object' then drugs_in(i.drugs) else array[''] end) as drug) as d
cross join lateral (select
  coalesce(word(i.raw -> 'variant'), word(i.raw -> 'variant_id')) as variant, word(i.raw -> 'phenotypes') as phenotype, word(i.raw -> 'phenotype_category') as category,
  word(i.raw -> 'significance') as significance, word(i.raw -> 'evidence_level') as level,
  trim_scale(s.score) as score, word(i.raw -> 'specialty_population') as population,
  array(select distinct p collate "C" from unnest(pubmeds(i.raw -> 'pmid') || pubmeds(i.raw -> 'pmids')) as p order by 1) as pmids, word(i.raw -> 'url') as url,
  unread(object(i.raw), annotation_keys(), array['', case when i.annotation_id = word(i.raw -> 'annotation_id') then 'annotation_id' end,
    case when word(i.raw -> 'variant') is not null then 'variant' end,
    case when word(i.raw -> 'variant_id') = coalesce(word(i.raw -> 'variant'), word(i.raw -> 'variant_id')) then 'variant_id' end,
    case when word(i.raw -> 'phenotypes') is not null then 'phenotypes' end, case when word(i.raw -> 'phenotype_category') is not null then 'phenotype_category' end,
    case when word(i.raw -> 'significance') is not null then 'significance' end, case when word(i.raw -> 'evidence_level') is not null then 'evidence_level' end,
    case when word(i.raw -> 'score') = s.score::text then 'score' end, case when word(i.raw -> 'pharmacogenomic_score') = s.score::text then 'pharmacogenomic_score' end,
    case when word(i.raw -> 'specialty_population') is not null then 'specialty_population' end, case when word(i.raw -> 'url') is not null then 'url' end,
    case when is_flat(i.raw -> 'pmid') and array_position(array(select pubmed(w) from unnest(words(i.raw -> 'pmid')) as w), null) is null then 'pmid' end,
    case when is_flat(i.raw -> 'pmids') and array_position(array(select pubmed(w) from unnest(words(i.raw -> 'pmids')) as w), null) is null then 'pmids' end,
    case when i.kind = 'clinical' and is_flat(i.raw -> 'drug') then 'drug' when i.kind = 'variant' and is_flat(i.raw -> 'drugs') then 'drugs' end,
    case when word(i.raw -> 'source') = 'PharmGKB_Clinical_Annotations' then 'source' end]) as details
  from (select coalesce(usable_number(num(i.raw -> 'score')), usable_number(num(i.raw -> 'pharmacogenomic_score'))) as score offset bigint '0') as s offset bigint '0') as c
left join (select distinct gene_id, legacy_column, json_path, raw_value, reason from quarantined
    where legacy_column in ('drugs', 'pharmgkb_variants') and reason in ('not_an_object', 'missing_identifier', 'value_too_long', 'conflicting_value')) as q
  on i.side = 'legacy' and q.gene_id = i.gene and q.legacy_column = i.field and q.json_path = i.path and q.raw_value = i.raw;
analyze annotations_read;

create unlogged table annotations_shown as
select gene, kind, case when kind = 'clinical' then annotation_id else '' end as annotation_id, list, drug, content, raw, path, count(*) as n
from annotations_read where side = 'view' group by 1, 2, 3, 4, 5, 6, 7, 8;
create index on annotations_shown (gene, drug);
analyze annotations_shown;

create unlogged table annotation_pairs as
select t.*, exists (select from annotations_shown as s where s.gene = t.gene and s.kind = t.kind and s.drug = t.drug and s.content = t.content
    and s.list is not distinct from t.list and (t.kind = 'variant' or s.annotation_id = t.annotation_id)) as is_shown,
  jsonb_typeof(t.raw) <> 'object' or t.annotation_id is null or octet_length(t.annotation_id) > 200 or octet_length(t.drug) > 600 as is_unfit
from annotations_read as t where t.side = 'legacy';
create index on annotation_pairs (gene, drug);
analyze annotation_pairs;

insert into account
select field, case when is_shown then case when kind = 'clinical' then 'repair' else 'equal' end else 'quarantine' end,
  case when not is_shown then quarantine_reason when kind = 'variant' then '' when n_drugs > 1 then 'drug_list_split' else 'pharmgkb_payload' end, sum(n)
from annotation_pairs where is_shown or quarantine_reason is not null group by 1, 2, 3;

insert into differences
select example, gene, field, path, raw::text, null, 'pharmacogenomic_annotations' from annotation_pairs as t
where not is_shown and not (quarantine_reason is not null and (is_unfit or quarantine_reason = 'conflicting_value' and exists (
  select from annotations_shown as s where s.gene = t.gene and s.annotation_id = t.annotation_id and s.drug = t.drug)))
union all
select null, s.gene, case s.kind when 'clinical' then 'drugs' else 'pharmgkb_variants' end, s.path, null, s.raw::text, 'pharmacogenomic_annotations' from annotations_shown as s
where not exists (select from annotation_pairs as t where t.gene = s.gene and t.kind = s.kind and t.drug = s.drug and t.content = s.content
    and t.list is not distinct from s.list and (t.kind = 'variant' or s.annotation_id = t.annotation_id) and not t.is_unfit);

-- the pathways of a gene: its own role; what else the object says is compared where it is stored (tables_of_pathways.sql)
create unlogged table objects_read as
with sides as not materialized (
  select 'legacy' as side, field, gene, n, example, 'pharmgkb_data.pathway_data.' as prefix, object(object(value) -> 'pharmgkb_data') -> 'pathway_data' as value
  from legacy_values where field = 'drugs' and jsonb_typeof(object(object(value) -> 'pharmgkb_data') -> 'pathway_data') = 'object'
  union all select 'legacy', field, gene, n, example, '', value from legacy_values where field = 'pharmgkb_pathways'
  union all select 'view', 'drugs', gene, 1, transcript_id, 'pharmgkb_data.pathway_data.', drugs -> 'pharmgkb_data' -> 'pathway_data'
  from view_genes where drugs -> 'pharmgkb_data' ? 'pathway_data'
  union all select 'view', 'pharmgkb_pathways', gene, 1, transcript_id, '', pharmgkb_pathways from view_genes where pharmgkb_pathways <> '{}'
),
entries as (
  select side, field, gene, n, example, '$.' || prefix || key as path, key, e as raw from sides cross join jsonb_each(object(value)) as m (key, e)
  union all
  select side, field, gene, n, example, '$[' || (i - 1) || ']', null, e from sides cross join jsonb_array_elements(listed(value)) with ordinality as m (e, i)
  union all
  select side, field, gene, n, example, '$', null, value from sides where jsonb_typeof(value) not in ('object', 'array')
),
roles as (
  select e.*, g.legacy_symbol as symbol, object(object(object(raw) -> 'gene_roles') -> g.legacy_symbol) as own
  from entries as e join expected_genes as g on g.gene = e.gene offset bigint '0'
)
select e.side, e.field, e.gene, e.n, e.path, e.symbol, case when e.side = 'legacy' then e.raw end as raw, case when e.side = 'legacy' then md5(e.raw::text) end as digest,
  case when plain(e.key) ~ '^PA[0-9]{1,15}$' and jsonb_typeof(e.raw) = 'object' then plain(e.key) end collate "C" as pathway_id,
  gene_role_of(word(e.own -> 'role')) as role, nullif(unread(e.own, array['role'], array[case when gene_role_of(word(e.own -> 'role')) is not null then 'role' end]), '{}') as other, q.reason as quarantine_reason
from roles as e
left join (select distinct gene_id, legacy_column, json_path, raw_value, reason from quarantined
    where legacy_column in ('drugs', 'pharmgkb_pathways') and reason in ('not_an_object', 'bad_identifier', 'conflicting_value')) as q
  on e.side = 'legacy' and q.gene_id = e.gene and q.legacy_column = e.field and q.json_path = e.path and q.raw_value = e.raw;
create index on objects_read (gene, pathway_id);
analyze objects_read;

create unlogged table object_pairs as
select t.field, t.n, t.quarantine_reason, exists (select from objects_read as s where s.side = 'view' and s.field = t.field and s.gene = t.gene and s.pathway_id = t.pathway_id
  and s.role is not distinct from t.role and s.other is not distinct from t.other) as is_shown
from objects_read as t where t.side = 'legacy';
analyze object_pairs;

insert into account
select field, case when quarantine_reason is not null then 'quarantine' when field = 'drugs' then 'repair' else 'equal' end,
  coalesce(quarantine_reason, case when field = 'drugs' then 'pharmgkb_payload' else '' end), sum(n)
from object_pairs where is_shown or quarantine_reason is not null group by 1, 2, 3;
