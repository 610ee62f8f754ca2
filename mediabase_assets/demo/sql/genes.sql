-- One row per made-up gene g = 1 … genes: what it is, where it lies, how many transcripts and facts it has.
-- Input: mediabase_demo_size (genes, transcripts). Transcript counts add up to `transcripts` exactly: each gene has one,
-- the rest is dealt out by weight, long-tailed for coding genes (mean 12, some above 100), none for pseudogenes.
create temporary table mediabase_demo_gene as
with hashed as (
  select g, g % 50 as slot,
         pg_temp.mediabase_demo_hash(g, 1) as r1, pg_temp.mediabase_demo_hash(g, 2) as r2,
         pg_temp.mediabase_demo_hash(g, 3) as r3, pg_temp.mediabase_demo_hash(g, 4) as r4,
         pg_temp.mediabase_demo_hash(g, 5) as r5, pg_temp.mediabase_demo_hash(g, 6) as r6
  from generate_series(1, (select genes from mediabase_demo_size)) as g
), typed as (
  select *,
         case when slot < 13 then 'protein_coding' when slot < 35 then 'lncRNA' when slot < 42 then 'processed_pseudogene'
              else (array['unprocessed_pseudogene', 'unprocessed_pseudogene', 'misc_RNA', 'snRNA', 'miRNA', 'TEC', 'snoRNA',
                          'transcribed_unprocessed_pseudogene'])[slot - 41] end as gene_type,
         case when slot < 13 then 200 + 30000000 / (r3 % 65536 + 1000)
              when slot < 35 then 15 + 8000000 / (r3 % 65536 + 3000) else 0 end as weight
  from hashed
), dealt as (
  select *, (sum(weight) over (order by g))::bigint as upto,
         greatest((sum(weight) over ())::bigint, 1) as total
  from typed
), spare as (
  select transcripts - genes as n from mediabase_demo_size
)
select g, gene_type, r1, r2, r3, r4, r5, r6,
       gene_type = 'protein_coding' as is_coding,
       'ENSG9' || lpad(g::text, 10, '0') as gene_id,
       'DEMO' || lpad(g::text, greatest(5, length(g::text)), '0') as symbol,
       1 + r1 % 20 as version,
       (array['chr1','chr2','chr3','chr4','chr5','chr6','chr7','chr8','chr9','chr10','chr11','chr12','chr13','chr14','chr15',
              'chr16','chr17','chr18','chr19','chr20','chr21','chr22','chrX','chr1','chr2','chr3','chr19','chr11','chr17',
              'chr12','chrY'])[1 + r2 % 31] as chromosome,
       3000000 + r4 % 42000000 as gene_start,
       case when r5 % 2 = 0 then 1 else -1 end as strand,
       1 + upto * n / total - (upto - weight) * n / total as transcript_count,
       case when slot < 13 and r6 % 100 < 97 then (6 + r1 % 16 + 90000 / (r4 % 65536 + 2000))::int
            when slot < 35 and r6 % 100 < 2 then (5 + r1 % 3)::int else 0 end as go_count,
       case when slot < 13 and r5 % 100 < 55 then (3 + r3 % 8 + 30000 / (r1 % 65536 + 3000))::int else 0 end as pathway_count,
       case when slot < 13 and r4 % 100 < 14 then (1 + r6 % 8)::int else 0 end as drug_count,
       case when slot < 13 and r1 % 100 < 5 then (1 + r2 % 3)::int else 0 end as repurposing_count,
       case when slot < 13 then (3 + r6 % 10 + 140000 / (r5 % 65536 + 1000))::int
            when slot < 35 then (r5 % 3)::int else 0 end as publication_count,
       slot < 13 and r2 % 1000 < 38 as is_pharmacogene
from dealt cross join spare;
alter table mediabase_demo_gene add primary key (g);
analyze mediabase_demo_gene;
