-- GO terms: the distinct values of the legacy rows against the sets of their transcripts, pair by pair.
-- Rules: a term by its id, whatever the shape of the entry; evidence is a code, or inherited from a term, or unknown ('' and
-- whatever is none); name and aspect are those that most facts tell, then the first by text. A denied annotation is denied on
-- both sides (the view keeps it under NOT and its id). Of entries of one value that say different things of a term one is shown.
-- How a single value reads is told by the rules that the extraction uses too (extraction/sql/rules/annotation.sql).
-- Inputs: legacy_values, view_go, kept_rows, quarantined.
create view go_entries as
with sides as not materialized (
  select gene, digest, null::bigint as go_set_id, n, value from legacy_values where field = 'go_terms'
  union all
  select null, null, go_set_id, 1, go_terms from view_go where go_terms is not null
)
select gene, digest, go_set_id, n, '$.' || key as path, e as raw, key as raw_id, object(e) as v, null as list_aspect, jsonb_typeof(e) as shape
from sides cross join jsonb_each(object(value)) as m (key, e) where jsonb_typeof(e) <> 'array'
union all
select gene, digest, go_set_id, n, '$.' || key || '[' || (i - 1) || ']', e,
  case when key_id is not null and jsonb_typeof(e) = 'string' and go_id_in(word(e)) is null then key_id
    else coalesce(word(e), word(object(e) -> 'go_id'), word(object(e) -> 'id'), word(object(e) -> 'GO'),
      case when key_id is not null and jsonb_typeof(e) = 'object' then key end) end,
  object(e), case when key_id is null then key end,
  case when key_id is null then 'listed' when jsonb_typeof(e) = 'string' and go_id_in(word(e)) is null then 'string in list' else 'salvaged' end
from sides cross join jsonb_each(object(value)) as m (key, list) cross join go_id_in(key) as key_id
cross join jsonb_array_elements(list) with ordinality as l (e, i) where jsonb_typeof(list) = 'array'
union all
select gene, digest, go_set_id, n, '$[' || (i - 1) || ']', e,
  coalesce(word(e), word(object(e) -> 'go_id'), word(object(e) -> 'id'), word(object(e) -> 'GO')), object(e), null, 'salvaged'
from sides cross join jsonb_array_elements(value) with ordinality as l (e, i) where jsonb_typeof(value) = 'array'
union all
select gene, digest, go_set_id, n, '$', value, null, '{}', null, 'none' from sides where jsonb_typeof(value) not in ('object', 'array');

create unlogged table go_told as
select gene, digest, go_set_id, n, path, case when go_id is null then raw end as raw, raw_id, shape, go_id,
  v ? 'evidence' as has_evidence, v ? 'name' or v ? 'namespace' as has_other_names,
  case when octet_length(term) <= 2000 then without_not(term) end collate "C" as term, aspect_in(lower_case(aspect_said)) as aspect,
  evidence_code_in(evidence_said) as evidence,
  case when evidence_said like '_nherited from GO:%' then substring(evidence_said from '^[Ii]nherited from (GO:[0-9]{7})$') end as inherited_from,
  go_qualifier(v, is_denied) as qualifier, word(v -> 'definition') collate "C" as definition,
  case when v ?| array['pmid', 'pmids'] then array(
    select distinct p collate "C" from unnest(pubmed_ids(v -> 'pmid') || pubmed_ids(v -> 'pmids')) as p order by 1) else '{}' end as pmids,
  evidence_said, aspect_said, is_denied,
  v ?| array['pmid', 'pmids'] and (says_other_references(v -> 'pmid') or says_other_references(v -> 'pmids')) as names_other
from (
  select *, go_keys_deny(v) or go_evidence_denies(v -> 'evidence') or begins_with_not(term) or raw_id ~ '^[Nn][Oo][Tt]' and go_id is not null as is_denied
  from (
    select *,
      case when shape not in ('null', 'number', 'boolean', 'none') then go_id_in(raw_id) end collate "C" as go_id,
      coalesce(word(v -> 'term'), word(v -> 'name'),
        case when shape = 'string' or shape = 'string in list' and evidence_code_in(word(raw)) is null then word(raw) end) as term,
      coalesce(word(v -> 'aspect'), word(v -> 'namespace'), list_aspect) as aspect_said,
      case when shape = 'string in list' and evidence_code_in(word(raw)) is not null then word(raw) else go_evidence(v -> 'evidence') end as evidence_said
    from go_entries offset bigint '0') as e offset bigint '0') as e;
analyze go_told;

create unlogged table expected_go_terms as
with ids as (
  select go_id from go_told where digest is not null and go_id is not null
  union select inherited_from collate "C" from go_told where digest is not null and go_id is not null and inherited_from is not null
)
select i.go_id, n.term, c.aspect, d.definition from ids as i
left join (select distinct on (go_id) go_id, term from (
  select go_id, term, sum(n) as n from go_told where digest is not null and term is not null group by 1, 2) as v order by go_id, n desc, term) as n using (go_id)
left join (select distinct on (go_id) go_id, aspect from (
  select go_id, aspect collate "C" as aspect, sum(n) as n from go_told where digest is not null and aspect is not null group by 1, 2) as v order by go_id, n desc, aspect) as c
  using (go_id)
left join (select distinct on (go_id) go_id, definition from (
  select go_id, definition, sum(n) as n from go_told where digest is not null and definition is not null and go_id is not null group by 1, 2) as v
  order by go_id, n desc, definition) as d using (go_id);
analyze expected_go_terms;

-- entries of one value for one term: the first is kept (not denied, unchanged, by path), others that say something else are set aside
create unlogged table go_told_often as
select gene, digest, go_id from go_told where digest is not null and go_id is not null group by 1, 2, 3 having count(*) > 1;
analyze go_told_often;

create unlogged table go_facts_told as
select t.gene, t.digest, t.go_set_id, t.go_id, t.path, t.n,
  row(t.evidence, t.qualifier, t.inherited_from, t.pmids)::text as said,
  t.evidence is not null or t.qualifier is not null or t.inherited_from is not null or t.pmids <> '{}' as says_something,
  row(t.evidence, t.qualifier, t.inherited_from, t.pmids,
    case when t.digest is null then t.term else x.term end, case when t.digest is null then t.aspect else x.aspect end)::text as content,
  case when t.digest is null then null
    when t.evidence = t.evidence_said and not t.is_denied and t.raw_id = t.go_id and t.shape = 'object' and t.term = x.term and t.aspect = x.aspect then 'equal:'
    when t.is_denied then 'repair:denied_annotation'
    when t.shape = 'listed' then 'repair:go_aspect_keyed' when t.shape in ('salvaged', 'string in list') then 'repair:array_salvaged' when t.shape = 'string' then 'repair:go_text_value'
    when t.inherited_from is not null then 'repair:inherited_evidence' when t.evidence is null and t.evidence_said is not null then 'repair:unreadable_evidence'
    when t.evidence is null and t.has_evidence then 'repair:empty_evidence'
    when t.evidence <> t.evidence_said then 'repair:evidence_spelling'
    when t.has_other_names then 'repair:go_other_shape' when t.raw_id <> t.go_id then 'repair:go_id_format'
    when t.term <> x.term or t.aspect <> x.aspect then 'repair:go_term_differs' when t.aspect is null and t.aspect_said is not null then 'repair:unreadable_aspect'
    when t.term is null or t.aspect is null then 'merge:told_by_another_row' else 'equal:' end as why
from go_told as t left join expected_go_terms as x using (go_id) where t.go_id is not null;
analyze go_facts_told;

create unlogged table go_sides as
select gene, digest, go_set_id, md5(string_agg(go_id || content, '|' order by go_id, content)) as said, count(*) as facts, count(distinct go_id) as terms
from go_facts_told group by 1, 2, 3;
analyze go_sides;

create unlogged table go_pairs as
select r.gene, r.go_terms as digest, t.go_set_id, min(r.raw_transcript_id) as example, count(*) as n
from kept_rows as r join transcripts as t on t.transcript_id = r.transcript
group by 1, 2, 3;
analyze go_pairs;

create unlogged table go_pairs_apart as
select p.* from go_pairs as p
left join go_sides as l on l.gene = p.gene and l.digest = p.digest
left join go_sides as v on v.go_set_id = p.go_set_id
where l.said is distinct from v.said or l.facts <> l.terms;
analyze go_pairs_apart;

insert into account
select 'go_terms', split_part(f.why, ':', 1), split_part(f.why, ':', 2), sum(p.n * f.facts)
from go_pairs as p join (select gene, digest, why, count(*) as facts from go_facts_told where digest is not null group by 1, 2, 3) as f
  on f.gene = p.gene and f.digest = p.digest
group by 1, 2, 3;

-- a term told several times: what the set does not show of it must be in quarantine, unless it says nothing more
create unlogged table go_set_aside as
select f.gene, f.digest, f.go_id, f.path, min(p.example) as example, sum(p.n) as n, min(f.why) as why
from go_told_often as o
join go_facts_told as f on f.gene = o.gene and f.digest = o.digest and f.go_id = o.go_id
join go_pairs as p on p.gene = f.gene and p.digest = f.digest
where f.says_something and not exists (
  select from go_facts_told as v where v.go_set_id = p.go_set_id and v.go_id = f.go_id and v.said = f.said)
group by 1, 2, 3, 4;
analyze go_set_aside;

insert into account
select 'go_terms', split_part(why, ':', 1), split_part(why, ':', 2), -sum(n) from go_set_aside group by 1, 2, 3
union all
select 'go_terms', 'quarantine', 'conflicting_value', sum(n) from go_set_aside having count(*) > 0;

insert into differences
select a.example, a.gene, 'go_terms', a.path, a.go_id, null, 'mediabase_ops.quarantine' from go_set_aside as a
where not exists (
  select from quarantined as q where q.gene_id = a.gene and q.legacy_column = 'go_terms' and q.json_path = a.path and q.reason = 'conflicting_value');

-- what in a reference is no PubMed id is in quarantine, with its path
create unlogged table go_references_told as
select e.gene, l.path, l.leaf from go_entries as e
join (select distinct gene, digest, path from go_told where names_other and digest is not null and go_id is not null) as t
  on t.gene = e.gene and t.digest = e.digest and t.path = e.path
cross join unnest(array['.pmid', '.pmids'], array[v -> 'pmid', v -> 'pmids']) as k (key, said)
cross join leaves_at(e.path || k.key, said) as l
where exists (select from go_told where names_other) and says_other_reference(l.leaf);
analyze go_references_told;

insert into differences
select null, r.gene, 'go_terms', r.path, r.leaf::text, null, 'mediabase_ops.quarantine' from go_references_told as r
where not exists (
  select from quarantined as q where q.gene_id = r.gene and q.legacy_column = 'go_terms'
    and (q.json_path = r.path and q.raw_value = r.leaf or starts_with(r.path, q.json_path || '.') and q.reason <> 'bad_pmid'));

-- what pairs that differ tell and do not show, or show and are not told; how it reads is looked up only if there is any
create unlogged table go_facts_apart as
select p.example, p.gene, p.digest, p.go_set_id, f.go_id, f.path, true as is_told
from go_pairs_apart as p join go_facts_told as f on f.gene = p.gene and f.digest = p.digest
where not exists (select from go_facts_told as v where v.go_set_id = p.go_set_id and v.go_id = f.go_id and v.content = f.content)
union all
select p.example, p.gene, p.digest, p.go_set_id, f.go_id, f.path, false
from go_pairs_apart as p join go_facts_told as f on f.go_set_id = p.go_set_id
where not exists (select from go_facts_told as l where l.gene = p.gene and l.digest = p.digest and l.go_id = f.go_id and l.content = f.content);
analyze go_facts_apart;

-- of several entries for one term in one value, one is kept; the others tell the same term again
create unlogged table go_facts_told_again as
select distinct a.gene, a.digest, a.go_set_id, a.go_id, a.path
from go_facts_apart as a
join go_facts_told as o on o.gene = a.gene and o.digest = a.digest and o.go_id = a.go_id and o.path <> a.path
join go_facts_told as v on v.go_set_id = a.go_set_id and v.go_id = o.go_id and v.content = o.content
where a.is_told;
analyze go_facts_told_again;

create unlogged table go_raws_apart as
select gene, digest, go_set_id, path, raw from go_entries
where exists (select from go_facts_apart) and (digest in (select digest from go_facts_apart) or go_set_id in (select go_set_id from go_facts_apart));
analyze go_raws_apart;

insert into differences
select a.example, a.gene, 'go_terms', a.path, m.raw::text, null, 'go_term_set_members'
from go_facts_apart as a join go_raws_apart as m on m.gene = a.gene and m.digest = a.digest and m.path = a.path
where a.is_told and not exists (select from go_facts_told_again as o
  where o.gene = a.gene and o.digest = a.digest and o.go_set_id = a.go_set_id and o.go_id = a.go_id and o.path = a.path)
union all
select a.example, a.gene, 'go_terms', a.path, null, m.raw::text, 'go_term_set_members'
from go_facts_apart as a join go_raws_apart as m on m.go_set_id = a.go_set_id and m.path = a.path
where not a.is_told
union all
select p.example, p.gene, 'go_terms', '$', 'the set ' || p.go_set_id, null, 'go_term_sets'
from go_pairs as p where p.go_set_id is not null and not exists (select from view_go as v where v.go_set_id = p.go_set_id and v.go_terms is not null)
union all
select null, t.gene, 'go_terms', t.path, t.raw::text, null, 'mediabase_ops.quarantine'
from go_told as t
where t.digest is not null and t.go_id is null and not exists (
  select from quarantined as q where q.gene_id = t.gene and q.legacy_column = 'go_terms' and q.json_path = t.path and q.raw_value = t.raw);

insert into account select 'go_terms', 'quarantine', 'not a term', sum(n) from go_told where digest is not null and go_id is null having count(*) > 0;
