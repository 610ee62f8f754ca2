-- Which pathways are hit in which patient, as counted by ../enrich.py. Safe to run again. {patients}: schema of the patients' data.

-- Grain: one row per patient whose pathways were tested: what was tested, and how.
create table if not exists {patients}.stored_enrichments (
  patient_key integer primary key references {patients}.stored_patients (patient_key) on delete cascade,
  content_hash text not null,
  matched_against text,
  pathways_hash text not null,
  background integer not null,
  up_genes integer not null,
  down_genes integer not null,
  ranked_genes integer not null,
  ranked_by text not null,
  tested integer not null,
  made_at timestamptz not null default now()
);

-- Grain: one row per patient and pathway that was tested.
create table if not exists {patients}.stored_pathway_hits (
  up_p_value double precision not null,
  up_adjusted_p_value double precision not null,
  down_p_value double precision not null,
  down_adjusted_p_value double precision not null,
  rank_p_value double precision not null,
  rank_adjusted_p_value double precision not null,
  patient_key integer not null references {patients}.stored_patients (patient_key) on delete cascade,
  ranked_above double precision not null,
  measured_genes integer not null,
  up_genes integer not null,
  down_genes integer not null,
  pathway_id text not null,
  primary key (patient_key, pathway_id)
) partition by hash (patient_key);

do $block$
begin
  for n in 0 .. 15 loop
    execute format('create table if not exists %I.pathway_hits_%s partition of %1$I.stored_pathway_hits
      for values with (modulus 16, remainder %2$s)', {schema_name}, n);
  end loop;
end
$block$;

-- which pathways are hit in whom, without those that are hit in nobody
create index if not exists stored_pathway_hits_hit_idx on {patients}.stored_pathway_hits (pathway_id, patient_key)
  include (up_adjusted_p_value, down_adjusted_p_value, rank_adjusted_p_value, ranked_above)
  where least(up_adjusted_p_value, down_adjusted_p_value, rank_adjusted_p_value) < {significant};
