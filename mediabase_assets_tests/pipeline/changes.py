"""Changes of the legacy table between two migrations."""

from psycopg import sql

from mediabase_assets.legacy.table import describe_legacy_table


def healthy(this, number):
    """Kept genes with pathways, GO terms and several transcripts, whose legacy rows carry id and symbol as they are."""
    return this.rows(
        """select g.gene_id, g.gene_symbol from genes g join cancer_transcript_base l using (gene_id)
           where l.gene_symbol = g.gene_symbol and g.source_transcript_count >= 2 and g.gene_id ~ '^ENSG0000'
             and exists (select from gene_pathways p where p.gene_id = g.gene_id)
             and exists (select from transcripts t where t.gene_id = g.gene_id and t.go_set_id is not null)
             and not exists (select from mediabase_ops.quarantine q where q.gene_id = g.gene_id or q.winner = g.gene_id)
             and not exists (select from mediabase_ops.repairs r where r.gene_id = g.gene_id
               and r.reason not in ('refseq_protein_relabelled', 'empty_evidence', 'gene_payloads_merged'))
           group by 1, 2 having count(*) = max(g.source_transcript_count) order by 1 limit %s""",
        number,
    )


def change_legacy(this):
    """Change the legacy table in every way that there is; returns which genes play which part."""
    found = healthy(this, 6)
    assert len(found) == 6, found
    updated, deleted, copied, giver, taker, other = found
    part = {
        "updated": updated[0], "deleted": deleted[0], "new": "ENSG00000999999", "giver": giver[0], "taker": taker[0],
        "symbol": giver[1], "swapped": other[0],
    }  # fmt: skip
    with this.connect(autocommit=False) as conn:
        table = "cancer_transcript_base"
        conn.execute(
            f"update {table} set pathways = array['A new pathway [Reactome:R-HSA-9999999]'], cellular_location = array['nucleus']"
            " where gene_id = %s",
            updated[:1],
        )
        conn.execute(f"delete from {table} where gene_id = %s", deleted[:1])
        columns = [c for c in describe_legacy_table(conn, "public", table).columns if c not in ("transcript_id", "gene_id", "gene_symbol")]
        conn.execute(
            sql.SQL(
                "insert into cancer_transcript_base (transcript_id, gene_id, gene_symbol, {c}) select 'ENST0000099999' || row_number() over"
                " (order by transcript_id), 'ENSG00000999999', 'NEWGENE1', {c} from cancer_transcript_base where gene_id = %s"
            ).format(c=sql.SQL(", ").join(map(sql.Identifier, columns))),
            copied[:1],
        )
        # giver gives its symbol to taker and gets that of other; other gets what taker had: a ring, so that no order of updates would do
        for gene, symbol in ((giver[0], other[1]), (taker[0], giver[1]), (other[0], taker[1])):
            conn.execute(f"update {table} set gene_symbol = %s where gene_id = %s", (symbol, gene))
        conn.commit()
    return part
