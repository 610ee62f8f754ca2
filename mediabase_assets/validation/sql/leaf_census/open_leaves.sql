-- Grain: one row per scalar that the grammar neither reads nor archives: of a distinct value (by its digest) or of a row (by its
-- transcript id). Filled by the walk.
create temporary table open_leaves (
  legacy_column text collate "C", digest uuid, transcript_id text collate "C", path text collate "C", reason text collate "C", raw jsonb
) on commit drop
