-- Three lists of texts: molecular functions and cellular locations of the gene, product types of the transcript. Members are
-- compared as sets; white space is trimmed, blank and overlong members and types of product outside the vocabulary are in quarantine.
-- Inputs: legacy_values, kept_rows, view_genes, view_transcripts, quarantined.
create unlogged table members_told as
select v.field, v.gene, v.digest, v.n, v.example, '$[' || (i - 1) || ']' as path, e as raw, word(e) as said,
  (case v.field when 'product_type' then product_type_in(lower_case(word(e))) else word(e) end) collate "C" as value
from legacy_values as v cross join jsonb_array_elements(listed(v.value)) with ordinality as m (e, i)
where v.field in ('product_type', 'molecular_functions', 'cellular_location');
analyze members_told;

create unlogged table members_shown as
select 'molecular_functions' as field, gene, m collate "C" as value from view_genes cross join unnest(molecular_functions) as m
union all
select 'cellular_location', gene, m from view_genes cross join unnest(cellular_location) as m;
analyze members_shown;

create unlogged table member_pairs as
select t.field, t.gene, t.n, t.example, t.path, t.raw, t.said, t.value, t.value is null or octet_length(t.said) > 600 as is_unfit, s.value is not null as is_shown
from members_told as t left join members_shown as s on s.field = t.field and s.gene = t.gene and s.value = t.value;
analyze member_pairs;

insert into account
select field, case when is_unfit then 'quarantine' when raw #>> '{}' <> value then 'repair' else 'equal' end,
  case when said is null then case when jsonb_typeof(raw) in ('array', 'object') then 'unexpected_kind' else 'blank_value' end
    when octet_length(said) > 600 then 'value_too_long' when is_unfit then 'unknown_product_type'
    when said <> value then 'product_type_spelling' when raw #>> '{}' <> said then 'white_space' else '' end, sum(n)
from member_pairs where field = 'product_type' or is_shown or is_unfit group by 1, 2, 3;

insert into differences
select example, gene, field, path, raw::text, null, 'gene_annotations' from member_pairs where field <> 'product_type' and not is_unfit and not is_shown
union all
select null, s.gene, s.field, '$', null, s.value, 'gene_annotations'
from members_shown as s where not exists (select from members_told as t where s.field = t.field and s.gene = t.gene and s.value = t.value)
union all
select t.example, t.gene, t.field, t.path, t.raw::text, null, 'mediabase_ops.quarantine' from member_pairs as t
where is_unfit and not exists (
  select from quarantined as q where q.gene_id = t.gene and q.legacy_column = t.field and q.json_path = t.path and q.raw_value = t.raw);

-- product types belong to the transcript: the sorted set of each distinct value against what the view shows
create unlogged table product_sets as
select gene, digest, array_agg(distinct value order by value) as value from members_told
where field = 'product_type' and octet_length(value) <= 600 group by 1, 2;
analyze product_sets;

insert into differences
select r.raw_transcript_id, r.gene, 'product_type', '$', array_to_string(p.value, ', '), array_to_string(v.product_type, ', '), 'transcript_products'
from kept_rows as r join view_transcripts as v on v.transcript_id = r.transcript
left join product_sets as p on p.gene = r.gene and p.digest = r.product_type
where coalesce(p.value, '{}') <> v.product_type;
