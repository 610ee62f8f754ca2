-- The tables of patients' data, and who may read which rows. Safe to run again.
--
-- What people query are the views in views.sql. Stored compactly: a patient, gene or transcript is a number, kinds and reasons are one
-- letter (codes in ../codes.py and in the views), and an id is stored only where it is not the matched one.
-- `patients` takes the place of the schema of these tables, `schema_name` is the same as a text.

create schema if not exists {patients};

-- Grain: one row per patient.
create table if not exists {patients}.stored_patients (
  patient_key integer generated always as identity primary key,
  patient_id text not null unique,
  level text not null check (level in ('gene', 'transcript')),
  file_name text not null,
  file_sha256 text not null,
  content_hash text not null,
  tool text not null,
  scale text not null,
  columns jsonb not null,
  options jsonb not null,
  rows_read integer not null,
  stored integer not null,
  match_rate double precision not null,
  report jsonb not null,
  first_imported_at timestamptz not null default now(),
  imported_at timestamptz not null default now(),
  matched_against text,
  source_path text
);

-- Grain: one row per gene that the live tables have, or had when a patient was matched. No patient's data.
create table if not exists {patients}.gene_ids (
  gene_key integer generated always as identity primary key,
  gene_id text not null unique
);

-- Grain: one row per transcript that the live tables have, or had when a patient was matched. No patient's data.
create table if not exists {patients}.transcript_ids (
  transcript_key integer generated always as identity primary key,
  transcript_id text not null unique,
  gene_id text not null
);

-- Grain: one row per patient and gene, of files of genes.
create table if not exists {patients}.stored_gene_values (
  fold_change double precision,
  log2_fold_change double precision,
  p_value double precision,
  adjusted_p_value double precision,
  base_mean double precision,
  average_expression double precision,
  standard_error double precision,
  patient_key integer not null,
  gene_key integer not null,
  row_number integer not null,
  id_kind "char" not null,
  matched_by "char" not null,
  na_reason "char",
  raw_id text,
  lookup_id text,
  primary key (patient_key, gene_key)
) partition by hash (patient_key);

-- Grain: one row per patient and transcript, of files of transcripts.
create table if not exists {patients}.stored_transcript_values (
  fold_change double precision,
  log2_fold_change double precision,
  p_value double precision,
  adjusted_p_value double precision,
  base_mean double precision,
  average_expression double precision,
  standard_error double precision,
  patient_key integer not null,
  transcript_key integer not null,
  row_number integer not null,
  id_kind "char" not null,
  matched_by "char" not null,
  na_reason "char",
  raw_id text,
  lookup_id text,
  primary key (patient_key, transcript_key)
) partition by hash (patient_key);

-- Grain: one row per patient and row of the file whose id matched nothing, with all its values.
create table if not exists {patients}.stored_unmatched (
  fold_change double precision,
  log2_fold_change double precision,
  p_value double precision,
  adjusted_p_value double precision,
  base_mean double precision,
  average_expression double precision,
  standard_error double precision,
  patient_key integer not null,
  row_number integer not null,
  id_kind "char" not null,
  reason "char" not null,
  na_reason "char",
  raw_id text not null,
  lookup_id text,
  hint text,
  primary key (patient_key, row_number)
) partition by hash (patient_key);

do $block$
begin
  for n in 0 .. 15 loop
    execute format('create table if not exists %I.gene_values_%s partition of %1$I.stored_gene_values
      for values with (modulus 16, remainder %2$s)', {schema_name}, n);
    execute format('create table if not exists %I.transcript_values_%s partition of %1$I.stored_transcript_values
      for values with (modulus 16, remainder %2$s)', {schema_name}, n);
    execute format('create table if not exists %I.unmatched_%s partition of %1$I.stored_unmatched
      for values with (modulus 16, remainder %2$s)', {schema_name}, n);
  end loop;
end
$block$;

-- For questions about all patients: who has a gene up-regulated (over 2.0, contract 7.2). 33 kB for a patient of 20,000 genes.
create index if not exists stored_gene_values_up on {patients}.stored_gene_values (gene_key, patient_key) where fold_change > 2.0;
create index if not exists stored_transcript_values_up on {patients}.stored_transcript_values (transcript_key, patient_key)
  where fold_change > 2.0;

-- Grain: one row per patient and role that may read the patient.
create table if not exists {patients}.patient_access (
  patient_key integer not null references {patients}.stored_patients (patient_key) on delete cascade,
  role_name text not null,
  granted_at timestamptz not null default now(),
  primary key (patient_key, role_name)
);

-- Grain: one row per patient and view that was created for the patient alone; `delete` drops these views.
create table if not exists {patients}.patient_views (
  patient_key integer not null references {patients}.stored_patients (patient_key) on delete cascade,
  view_schema text not null,
  view_name text not null,
  primary key (view_schema, view_name)
);
