-- Grain: one row per transcript and product type. The protein's UniProt accession is known for the gene only: NULL here.
-- Inputs: transcript_candidates, legacy_payloads, annotation_facts, transcripts.
insert into transcript_products (product_id, transcript_id, product_type, ensembl_protein_id)
select content_id(t.transcript_id || '|' || f.annotation_value || '|'), t.transcript_id, f.annotation_value, t.ensembl_protein_id
from transcript_candidates as t
join transcripts as k on k.transcript_id = t.transcript_id
join legacy_payloads as p on p.identity = t.identity and p.field = 'product_type' and p.digest = t.product_type
join annotation_facts as f on f.payload_id = p.payload_id and f.is_first_in_value
where t.reason is null and not t.is_merged
order by t.transcript_id, f.annotation_value;
