-- What the migration knows about itself. Safe to run again.
create table if not exists migration_runs (
  migration_id text primary key,
  run_id text,
  status text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  snapshot_id text,
  legacy_relation text,
  legacy_fingerprint text,
  legacy_content_hash text,
  backup_id text,
  schema_version text,
  configuration jsonb not null default '{}'
);
comment on table migration_runs is 'One row per migration: when, from which legacy content, with which configuration, with which outcome.';

create table if not exists migration_stages (
  migration_id text not null,
  asset text not null,
  stage integer not null,
  status text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  seconds double precision,
  row_count bigint,
  detail text,
  primary key (migration_id, asset)
);
alter table migration_stages add column if not exists build_seconds double precision, add column if not exists audit_seconds double precision;
comment on table migration_stages is 'One row per migration and asset: stage of the owner''s twelve, outcome, time (of it: building, and auditing with accounts and hashes), rows.';

create table if not exists releases (
  release_id text primary key,
  migration_id text not null,
  snapshot_id text not null,
  schema_version text not null,
  released_at timestamptz not null default now()
);
comment on table releases is 'One row per release: everything that it lists appeared in one transaction.';

create table if not exists release_relations (
  release_id text not null references releases (release_id) on delete cascade,
  relation text not null,
  how text not null,
  row_count bigint not null,
  content_hash text not null,
  inserted bigint not null,
  updated bigint not null,
  deleted bigint not null,
  primary key (release_id, relation)
);
comment on table release_relations is 'One row per release and relation: moved into place or changed by difference, rows changed, content hash.';

create table if not exists release_views (
  release_id text not null references releases (release_id) on delete cascade,
  view text not null,
  how text not null,
  reason text not null,
  row_count bigint not null,
  content_hash text not null,
  primary key (release_id, view)
);
comment on table release_views is 'One row per release and view: moved into place, created, refreshed, replaced or kept, why, content hash.';

create table if not exists built_relations (
  relation text primary key,
  asset text not null,
  snapshot_id text not null,
  migration_id text not null,
  row_count bigint not null,
  content_hash text not null,
  code_version text not null,
  built_at timestamptz not null default now(),
  is_live boolean not null default false
);
comment on table built_relations is 'One row per relation: the snapshot that its newest audited content was made from, and whether that is live.';

create table if not exists row_account (
  migration_id text not null,
  asset text not null,
  legacy_column text not null,
  fact_kind text not null,
  is_primary boolean not null,
  facts_read bigint not null,
  kept bigint not null,
  merged bigint not null,
  repaired bigint not null,
  quarantined bigint not null,
  archived bigint not null default 0,
  primary key (migration_id, asset, legacy_column, fact_kind)
);
comment on table row_account is 'One row per migration, asset, legacy column and kind of fact: facts read = kept + merged + repaired + quarantined + archived. is_primary: this is the one place where the fact counts for its column.';

create table if not exists reason_account (
  migration_id text not null,
  asset text not null,
  legacy_column text not null,
  outcome text not null,
  reason text not null,
  facts bigint not null,
  primary key (migration_id, asset, legacy_column, outcome, reason)
);
comment on table reason_account is 'One row per migration, asset, column and reason: facts quarantined or repaired for it.';

create table if not exists column_account (
  migration_id text not null,
  legacy_column text not null,
  fate text not null,
  facts_read bigint not null,
  kept bigint not null,
  merged bigint not null,
  repaired bigint not null,
  quarantined bigint not null,
  archived bigint not null,
  explanation text,
  primary key (migration_id, legacy_column)
);
comment on table column_account is 'One row per migration and column of the legacy table: where its facts went.';

create table if not exists quarantine (
  migration_id text not null,
  asset text not null,
  transcript_id text,
  gene_id text,
  legacy_column text not null,
  json_path text not null,
  reason text not null,
  raw_value jsonb,
  winner text,
  fact_count bigint not null
);
comment on table quarantine is 'Every value that is not in the normalized tables because of damage: where it stood, why, what it was, and the winner if there is one.';
create index if not exists quarantine_migration_reason_idx on quarantine (migration_id, reason);

create table if not exists repairs (
  migration_id text not null,
  asset text not null,
  transcript_id text,
  gene_id text,
  legacy_column text not null,
  json_path text not null,
  reason text not null,
  raw_value jsonb,
  repaired_value jsonb,
  fact_count bigint not null
);
comment on table repairs is 'Every value that is kept but was changed: where it stood, why, what it was; one row per value of the gene for repairs that recur inside it.';
create index if not exists repairs_migration_reason_idx on repairs (migration_id, reason);

create table if not exists view_state (
  view text primary key,
  definition text not null,
  catalogue text not null,
  index_names text[] not null,
  inputs jsonb not null,
  content_hash text not null,
  row_count bigint not null,
  migration_id text not null,
  refreshed_at timestamptz not null default now()
);
comment on table view_state is 'One row per live view: what it was defined as, and the fingerprints of the tables that its rows were last made from.';

create table if not exists view_refreshes (
  view text not null,
  refreshed_at timestamptz not null default now(),
  run_id text not null,
  how text not null,
  reason text not null,
  rows_before bigint,
  row_count bigint,
  content_hash text,
  seconds double precision not null
);
comment on table view_refreshes is 'One row per view and refresh outside a release: created, replaced, refreshed or found to be up to date, why, and how long it took.';

create table if not exists audited_relations (
  relation text primary key,
  fingerprint text not null,
  passed boolean not null,
  audited_at timestamptz not null default now()
);
comment on table audited_relations is 'One row per live relation: the state that was last audited, and whether it passed. Views are never refreshed from one that did not.';

create table if not exists query_benchmark (
  migration_id text not null,
  query text not null,
  kind text not null,
  question text not null,
  legacy_ms double precision,
  views_ms double precision,
  times_faster double precision,
  is_legacy_stopped boolean not null,
  repetitions integer not null,
  legacy_rows bigint,
  views_rows bigint,
  is_same_answer boolean,
  comparison text not null,
  measured_at timestamptz not null default now(),
  primary key (migration_id, query)
);
comment on table query_benchmark is 'One row per released migration and question: medians of the query of the legacy table and of the query of the views, and how their answers compare. A stopped query counts with the time after which it was stopped.';

create table if not exists storage (
  migration_id text not null,
  relation_group text not null,
  relation text not null,
  heap_bytes bigint not null,
  toast_bytes bigint not null,
  index_bytes bigint not null,
  total_bytes bigint not null,
  measured_at timestamptz not null default now(),
  primary key (migration_id, relation_group, relation)
);
comment on table storage is 'One row per released migration and relation of the legacy table, the tables and the views: bytes of heap, TOAST and indexes.';

create table if not exists round_trip (
  migration_id text not null,
  legacy_column text not null,
  explanation text not null,
  reason text not null,
  sentence text not null,
  facts bigint not null,
  primary key (migration_id, legacy_column, explanation, reason)
);
comment on table round_trip is 'One row per migration, legacy column and explanation: facts that the normalized tables give back as they were, and why the others differ.';

create table if not exists asset_state (
  asset text primary key,
  migration_id text not null,
  run_id text not null,
  code_version text not null,
  configuration jsonb not null,
  inputs jsonb not null,
  data_version text not null,
  row_count bigint,
  findings jsonb not null default '[]',
  seconds double precision not null,
  finished_at timestamptz not null default clock_timestamp()
);
alter table asset_state add column if not exists shown text;
comment on table asset_state is 'One row per asset that stands: from which data versions of its inputs, by which code and with which settings it was made, how its checks ended, and what Dagster shows of it.';

create table if not exists legacy_contents (
  fingerprint text primary key,
  content_hash text not null,
  row_count bigint not null,
  looked_at timestamptz not null default clock_timestamp()
);
comment on table legacy_contents is 'One row per state of the legacy table that was read: its fingerprint, which any write changes, and its content hash, which only other content changes.';

alter table built_relations add column if not exists live_fingerprint text;

alter table releases add column if not exists rolled_back_at timestamptz;

create table if not exists rollbacks (
  rollback_id text not null,
  migration_id text not null,
  relation text not null,
  what text not null,
  why text not null,
  backup_id text not null,
  inserted bigint not null,
  updated bigint not null,
  deleted bigint not null,
  row_count bigint,
  content_hash text,
  seconds double precision not null,
  done_by text not null default session_user,
  rolled_back_at timestamptz not null default now(),
  primary key (rollback_id, relation)
);
comment on table rollbacks is 'One row per rollback and relation: what was done to bring it back to the state before the migration, by whom, when, and what it holds now. A rollback that had to undo later migrations too is recorded under the earliest.';

create table if not exists leaf_census (
  migration_id text not null,
  legacy_column text not null,
  path text not null,
  account text not null,
  reason text not null,
  leaves bigint not null,
  primary key (migration_id, legacy_column, path, account, reason)
);
comment on table leaf_census is 'One row per migration, legacy column, place of the grammar and account: scalars that are read, archived, in quarantine or held by a repair. Large values count once, however many rows hold them.';

create table if not exists release_checks (
  migration_id text not null,
  suite text not null,
  check_name text not null,
  severity text not null,
  outcome text not null,
  measured double precision,
  threshold double precision not null,
  unit text not null,
  explanation text not null,
  primary key (migration_id, check_name)
);
comment on table release_checks is 'One row per migration and check of the suites of the validation: what was measured, the threshold, how it ended, in words. severity error stops a release, or counts as failed after it.';

create table if not exists release_counts (
  migration_id text not null,
  group_name text not null,
  row_count bigint not null,
  primary key (migration_id, group_name)
);
comment on table release_counts is 'One row per migration and table, biotype or source: its rows, with which the next release is compared if this one was released.';

create table if not exists verdicts (
  migration_id text primary key,
  verdict text not null,
  explanation jsonb not null,
  decided_at timestamptz not null default clock_timestamp()
);
comment on table verdicts is 'One row per released migration: excellent, good, acceptable or needs attention, and why.';
alter table quarantine add column if not exists rule_id text;
alter table repairs add column if not exists rule_id text;

create table if not exists curation_rules (
  migration_id text not null,
  rule_id text not null,
  position integer not null,
  decision text not null,
  who text not null,
  decided_on date not null,
  why text not null,
  match jsonb not null,
  value jsonb,
  concerns text[] not null,
  matched bigint not null,
  file_digest text not null,
  rule_digest text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (migration_id, rule_id)
);
comment on table curation_rules is 'One row per migration and rule of a curator: who decided what about which values, when and why, and how many values it matched. file_digest names the content of the file.';
create table if not exists alerts (
  alert text primary key,
  kind text not null,
  what text not null,
  place text not null,
  next_step text not null,
  command text not null,
  version text not null,
  since timestamptz not null,
  ended_at timestamptz,
  told jsonb not null default '{}'
);
comment on table alerts is 'One row per alert, until everybody who is told knows that it is over: what is wrong, where, since when, and who was told when.';
create table if not exists role_grants (
  role_name text not null,
  kind text not null,
  granted_by text not null default session_user,
  granted_at timestamptz not null default now(),
  primary key (role_name, kind)
);
comment on table role_grants is 'One row per role and kind (curator, analyst, patient reader): whom `mediabase db grants` made one. A release gives these roles what is new in it.';
