-- What made-up genes are annotated with: GO terms, Reactome pathways and drugs, one row each, numbered from 0.
-- Inputs: mediabase_demo_known (kind, ordinal, id, name, aspect), the real terms of core_genes.json, which get the low
-- numbers, because low numbers are picked more often. The number of entries is prime, so that any stride visits all.
-- Everything is integer arithmetic on row numbers: the same on every server. Made-up ids are outside what the
-- authorities give out: GO:9…, R-HSA-9 with nine digits, drug keys from 9100000, PMIDs from 90000000.

-- A 32-bit mixing function (multiply and xor-shift), so that neighbours get unrelated values.
create function pg_temp.mediabase_demo_hash(a bigint, b bigint) returns bigint
language plpgsql immutable strict as $$
declare
  x bigint := (a * 2654435761 + b * 40503 + 12345) & 4294967295;
begin
  x := ((x # (x >> 16)) * 73244475) & 4294967295;
  x := ((x # (x >> 15)) * 73244475) & 4294967295;
  return x # (x >> 16);
end $$;

create temporary table mediabase_demo_go as
select n,
       coalesce(k.id, 'GO:9' || lpad(n::text, 6, '0')) as id,
       coalesce(k.name,
                (array['positive regulation of ', 'negative regulation of ', 'regulation of ', '', 'cellular response to ',
                       'establishment of '])[1 + n % 6]
                || (array['demo vesicle', 'demo ribosome', 'demo signal', 'demo lipid', 'demo ion', 'demo chromatin',
                          'demo filament'])[1 + n % 7] || ' '
                || (array['transport', 'assembly', 'binding', 'catabolic process', 'biosynthetic process', 'localization',
                          'complex', 'membrane', 'signaling pathway', 'homeostasis', 'remodeling'])[1 + n % 11]
                || ' ' || n) as term,
       coalesce(k.aspect, case when n % 20 < 5 then 'molecular_function' when n % 20 < 11 then 'cellular_component'
                               else 'biological_process' end) as aspect
from generate_series(0, 4000) as n
left join mediabase_demo_known as k on k.kind = 'go' and k.ordinal = n;

create temporary table mediabase_demo_pathway as
select n,
       coalesce(k.name,
                (array['Signaling by demo factor ', 'Metabolism of demo substrate ', 'Demo transport, import and export ',
                       'Regulation of demo complex (phase 1/2) ', 'Defective demo enzyme causes demo disease type ',
                       'Demo [alpha] chain assembly '])[1 + n % 6] || n)
       || ' [Reactome:' || coalesce(k.id, 'R-HSA-9' || lpad(n::text, 8, '0')) || ']' as entry
from generate_series(0, 1200) as n
left join mediabase_demo_known as k on k.kind = 'pathway' and k.ordinal = n;

create temporary table mediabase_demo_drug as
select n, coalesce(k.id, (9100000 + n)::text) as key, coalesce(k.name, 'demotinib ' || n) as name,
       (array['INHIBITOR', 'AGONIST', 'ANTAGONIST', 'BLOCKER', 'MODULATOR'])[1 + n % 5] as action_type
from generate_series(0, 400) as n
left join mediabase_demo_known as k on k.kind = 'drug' and k.ordinal = n;

alter table mediabase_demo_go add primary key (n);
alter table mediabase_demo_pathway add primary key (n);
alter table mediabase_demo_drug add primary key (n);
analyze mediabase_demo_go, mediabase_demo_pathway, mediabase_demo_drug;
