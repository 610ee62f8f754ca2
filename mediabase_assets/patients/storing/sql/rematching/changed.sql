-- Whether the genes, transcripts or cross references of two releases differ, or one of the releases is not known. One row.
select coalesce(count(*) filter (where a.content_hash = b.content_hash) < 3, true)
from {operations}.release_relations as a
join {operations}.release_relations as b using (relation)
where a.release_id = %s and b.release_id = %s and split_part(relation, '.', -1) in ('genes', 'transcripts', 'gene_cross_references');
