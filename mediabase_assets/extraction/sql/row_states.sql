-- Grain: one row per legacy row: in which account the row as a whole ends, and its distinct values of transcript grain.
-- Inputs: transcript_candidates, gene_candidates, legacy_payloads.
create unlogged table row_states as
select
  t.raw_transcript_id, t.transcript_id, t.gene_id, t.identity,
  case
    when t.reason is not null then t.reason
    when g.reason is not null then g.reason
  end as reason,
  g.reason is not null as is_gene_quarantined,
  case
    when t.reason is not null or g.reason is not null then 'quarantined'
    when t.is_merged then 'merged'
    when t.repairs <> '{}' then 'repaired'
    else 'kept'
  end as outcome,
  coalesce(t.winner_transcript_id, g.winner_gene_id) as winner,
  go.payload_id as go_payload_id, product.payload_id as product_payload_id
from transcript_candidates as t
left join gene_candidates as g using (gene_id)
left join legacy_payloads as go on go.identity = t.identity and go.field = 'go_terms' and go.digest = t.go_terms
left join legacy_payloads as product on product.identity = t.identity and product.field = 'product_type' and product.digest = t.product_type;
