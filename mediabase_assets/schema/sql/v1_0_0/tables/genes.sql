create table genes (
  gene_id text not null,
  gene_version integer,
  gene_symbol text not null,
  symbol_source text not null,
  gene_name text,
  gene_type text,
  chromosome text,
  genomic_coordinates jsonb,
  start_position bigint generated always as ((genomic_coordinates ->> 'start')::bigint) stored,
  end_position bigint generated always as ((genomic_coordinates ->> 'end')::bigint) stored,
  strand smallint generated always as ((genomic_coordinates ->> 'strand')::smallint) stored,
  is_par boolean not null,
  quality_score smallint not null,
  source_transcript_count integer not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
