-- Grain: one row per kept transcript. Inputs: transcript_candidates, legacy_payloads, go_payload_sets, genes.
-- Left out: transcript_type, which the legacy table never held (NULL; the gene's type is not the transcript's).
insert into transcripts (
  transcript_id, transcript_version, gene_id, transcript_name, support_level, chromosome, coordinates, annotation_level, tags,
  ccds_id, havana_id, ensembl_protein_id, is_par, expression_fold_change, go_set_id)
select
  t.transcript_id, t.transcript_version, t.gene_id, t.transcript_name, t.support_level, t.chromosome, t.coordinates, t.annotation_level,
  t.tags, t.ccds_id, t.havana_id, t.ensembl_protein_id, t.is_par, t.expression_fold_change, s.go_set_id
from transcript_candidates as t
join genes as g using (gene_id)
left join legacy_payloads as p on p.identity = t.identity and p.field = 'go_terms' and p.digest = t.go_terms
left join go_payload_sets as s on s.payload_id = p.payload_id
where t.reason is null and not t.is_merged
order by t.transcript_id;
