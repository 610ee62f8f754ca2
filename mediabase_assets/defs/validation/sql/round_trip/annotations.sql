-- Three lists of texts: molecular functions and cellular locations of the gene, product types of the transcript. Members are
-- compared as sets; white space is trimmed, blank and overlong members are in quarantine.
-- Inputs: legacy_values, kept_rows, view_genes, view_transcripts, quarantined.
create unlogged table members_told as
select v.field, v.gene, v.digest, v.n, v.example, '$[' || (i - 1) || ']' as path, e as raw, word(e) collate "C" as value
from legacy_values as v cross join jsonb_array_elements(listed(v.value)) with ordinality as m (e, i)
where v.field in ('product_type', 'molecular_functions', 'cellular_location');
analyze members_told;

create unlogged table members_shown as
select 'molecular_functions' as field, gene, m collate "C" as value from view_genes cross join unnest(molecular_functions) as m
union all
select 'cellular_location', gene, m from view_genes cross join unnest(cellular_location) as m;
analyze members_shown;

insert into account
select t.field, case when t.value is null or octet_length(t.value) > 600 then 'quarantine' when t.raw #>> '{}' <> t.value then 'repair' else 'equal' end,
  case when t.value is null then 'blank_value' when octet_length(t.value) > 600 then 'value_too_long' when t.raw #>> '{}' <> t.value then 'white_space' else '' end,
  sum(t.n)
from members_told as t
left join members_shown as s on s.field = t.field and s.gene = t.gene and s.value = t.value
where t.field = 'product_type' or s.value is not null or t.value is null or octet_length(t.value) > 600
group by 1, 2, 3;

insert into differences
select t.example, t.gene, t.field, t.path, t.raw::text, null, 'gene_annotations'
from members_told as t left join members_shown as s on s.field = t.field and s.gene = t.gene and s.value = t.value
where t.field <> 'product_type' and octet_length(t.value) <= 600 and s.value is null
union all
select null, s.gene, s.field, '$', null, s.value, 'gene_annotations'
from members_shown as s left join members_told as t on s.field = t.field and s.gene = t.gene and s.value = t.value where t.value is null
union all
select t.example, t.gene, t.field, t.path, t.raw::text, null, 'mediabase_ops.quarantine'
from members_told as t where (t.value is null or octet_length(t.value) > 600) and not exists (
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
