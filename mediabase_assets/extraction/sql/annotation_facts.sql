-- Grain: one row per member of the three annotation arrays of a gene and distinct value of the array. A type of product is one of
-- the closed vocabulary, in any spelling (product_type_in); others are quarantined.
-- Inputs: gene_payloads.
create unlogged table annotation_facts as
with members as (
  select
    payload_id, gene_id, field, '$[' || (position - 1) || ']' as path, n, e as raw,
    case field when 'molecular_functions' then 'molecular_function' else field end as annotation_type,
    case field when 'product_type' then 'UniProt' else 'GO' end as source,
    json_text(e) as said,
    (case field when 'product_type' then product_type_in(lower_case(json_text(e))) else json_text(e) end) collate "C" as annotation_value
  from gene_payloads cross join jsonb_array_elements(value) with ordinality as m (e, position)
  where reason is null and field in ('product_type', 'molecular_functions', 'cellular_location')
),
judged as (
  select *,
    case
      when said is null and jsonb_typeof(raw) in ('array', 'object') then 'unexpected_kind'
      when said is null then 'blank_value'
      when octet_length(said) > 600 then 'value_too_long'
      when annotation_value is null then 'unknown_product_type'
    end as reason,
    array_remove(array[
      case when raw #>> '{}' <> said then 'white_space' end,
      case when said <> annotation_value then 'product_type_spelling' end
    ], null) as repairs
  from members
  offset 0
)
select
  payload_id, gene_id, field, path, n, annotation_type, annotation_value, source, reason,
  case when reason is null then repairs else '{}' end as repairs,
  null::text as winner,
  case when reason is not null or repairs <> '{}' then raw end as raw,
  reason is null and row_number() over (
    partition by gene_id, annotation_type, annotation_value, reason order by (repairs <> '{}'), payload_id, path collate "C") = 1 as is_first,
  -- the same within the one value, which is what each transcript sees
  reason is null and row_number() over (
    partition by payload_id, annotation_value, reason order by (repairs <> '{}'), path collate "C") = 1 as is_first_in_value
from judged;
