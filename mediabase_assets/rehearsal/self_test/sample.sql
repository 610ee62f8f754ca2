-- Grain: one row per legacy row of the sample (sample_rows), and one per kind of damage (sample_kinds).
-- Rule: of every kind of damage (outcome, reason, column) up to some genes or rows that show it, in a fixed order that does
-- not depend on where they are stored; the rows that won against them; genes that hold the same GO term, pathway or
-- publication as most others do, where the damage is to differ from these; and some genes by the hash of their id. All
-- genes of a symbol and all rows of a gene stay together.
-- Input: the extraction relations of the whole legacy table, quarantine and repairs. Settings: mediabase.sample_genes,
-- mediabase.sample_shown.
create temporary table sample_kinds on commit drop as
select outcome, reason, legacy_column, sum(fact_count)::bigint as facts
from (
  select 'quarantined' as outcome, reason, legacy_column, fact_count from quarantine
  union all select 'repaired', reason, legacy_column, fact_count from repairs) as found
group by 1, 2, 3;

create temporary table sample_identities on commit drop as
with found as (
  select 'quarantined' as outcome, reason, legacy_column, transcript_id, gene_id, winner from quarantine
  union all select 'repaired', reason, legacy_column, transcript_id, gene_id, null from repairs
),
shown as (
  select * from (
    select *, row_number() over (
      partition by outcome, reason, legacy_column
      order by md5(coalesce(gene_id, '') || coalesce(transcript_id, '')), gene_id, transcript_id) as number
    from (select distinct on (outcome, reason, legacy_column, coalesce(gene_id, transcript_id)) * from found
          order by outcome, reason, legacy_column, coalesce(gene_id, transcript_id), transcript_id) as one_of_each_gene) as numbered
  where number <= current_setting('mediabase.sample_shown')::integer
),
partners as (
  select gene_id from (
    select f.gene_id, row_number() over (partition by f.go_id order by sum(f.n) desc, f.gene_id) as number
    from go_facts as f
    where f.reason is null and f.term_name = f.kept_name and f.category = f.kept_category and f.go_id in (
      select d.go_id from go_facts as d join shown as s using (gene_id)
      where s.reason = 'go_term_differs' and 'go_term_differs' = any(d.repairs))
    group by f.go_id, f.gene_id) as ranked where number <= 5
  union
  select gene_id from (
    select f.gene_id, row_number() over (partition by f.pathway_id order by sum(f.n) desc, f.gene_id) as number
    from pathway_facts as f
    where f.reason is null and f.pathway_name = f.kept_name and f.pathway_id in (
      select d.pathway_id from pathway_facts as d join shown as s using (gene_id)
      where s.reason = 'pathway_name_differs' and 'pathway_name_differs' = any(d.repairs))
    group by f.pathway_id, f.gene_id) as ranked where number <= 5
  union
  select gene_id from (
    select f.gene_id, row_number() over (partition by f.publication_id order by sum(f.n) desc, f.gene_id) as number
    from reference_facts as f
    where f.reason is null and not f.differs and f.publication_id in (
      select d.publication_id from reference_facts as d join shown as s using (gene_id)
      where s.reason = 'reference_differs' and d.differs)
    group by f.publication_id, f.gene_id) as ranked where number <= 5
),
wanted_genes as (
  select gene_id from shown where gene_id is not null
  union select winner from shown where winner is not null
  union select gene_id from partners
  union (select gene_id from gene_candidates order by md5(gene_id), gene_id limit current_setting('mediabase.sample_genes')::integer)
),
wanted_transcripts as (
  select transcript_id from shown where transcript_id is not null
  union select winner from shown where winner is not null
),
first as (
  select i.identity, i.gene_id, i.symbol from gene_identities as i where i.gene_id in (select gene_id from wanted_genes)
  union
  select i.identity, i.gene_id, i.symbol from gene_identities as i
  join legacy_rows as r using (identity) where r.transcript_id in (select transcript_id from wanted_transcripts)
),
-- a row may name its gene by another row of the same symbol, and a gene may have several symbols
of_symbol as (
  select i.identity, i.gene_id from gene_identities as i
  where i.symbol in (
    select j.symbol from gene_identities as j
    where j.gene_id in (select gene_id from first) or j.identity in (select identity from first))
  union select identity, gene_id from first
)
select identity from of_symbol
union select i.identity from gene_identities as i where i.gene_id in (select gene_id from of_symbol);

create temporary table sample_rows on commit drop as
select transcript_id from legacy_rows where identity in (select identity from sample_identities);
