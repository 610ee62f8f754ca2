"""The same data as the old programs wrote it in other years: versioned ids, other columns, other types."""

from pathlib import Path

import pytest

from mediabase_assets.legacy.files import load_legacy_file
from mediabase_assets_tests.pipeline import harness

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "legacy" / "cancer_transcript_base_sample.parquet"
TABLE = "alter table cancer_transcript_base "
ANNOTATION = [
    "product_type",
    "go_terms",
    "pathways",
    "drugs",
    "expression_fold_change",
    "expression_freq",
    "cancer_types",
    "features",
    "molecular_functions",
    "cellular_location",
    "drug_scores",
    "alt_transcript_ids",
    "alt_gene_ids",
    "uniprot_ids",
    "ncbi_ids",
    "refseq_ids",
    "source_references",
    "pdb_ids",
    "pharmgkb_pathways",
    "evidence_quality_metrics",
    "pharmgkb_variants",
]
ERAS = {
    "E1, versioned ids": [
        "update cancer_transcript_base set transcript_id = features->>'transcript_id_versioned',"
        " gene_id = features->>'gene_id_versioned', features = '{}'"
    ],
    "E2, versioned transcripts": [
        "update cancer_transcript_base set transcript_id = features->>'transcript_id_versioned', features = '{}'"
    ],
    "v0.1.0, six columns": [TABLE + ", ".join(f"drop column {name} cascade" for name in ANNOTATION)],
    "v0.1.3, publications and another column": [
        TABLE + "add publications jsonb default '[]', add mystery int default 5, alter gene_symbol type varchar(80)",
        "update cancer_transcript_base set publications = source_references -> 'publications'",
        TABLE + "drop column source_references cascade, alter column coordinates type json",
    ],
}

pytestmark = [
    pytest.mark.pg,
    pytest.mark.end_to_end,
    pytest.mark.real_data,
    pytest.mark.skipif(not SAMPLE.exists(), reason=f"no real data at {SAMPLE}"),
]


@pytest.mark.parametrize("era", ERAS)
def test_every_era_gives_the_same_genes_and_transcripts(pipeline_home, era):
    with harness.project(pipeline_home, demo=None) as this:
        with this.connect(autocommit=False) as conn:
            load_legacy_file(conn, SAMPLE)
            for statement in ERAS[era]:
                conn.execute(statement)
            conn.commit()
        result = this.migrate()
        assert result.success, harness.failed_steps(result)
        assert this.rows("select (select count(*) from genes), (select count(*) from transcripts)") == [(89, 1022)]
        if "drugs" in str(this.rows("select attname from pg_attribute where attrelid = 'cancer_transcript_base'::regclass")):
            assert this.value("select count(*) from gene_drug_interactions") == 872
            assert this.value("select count(*) from transcript_go_terms") == 73546
        if "mystery" in str(ERAS[era]):
            assert this.rows("select fate, archived from mediabase_ops.column_account where legacy_column = 'mystery'") == [
                ("archived", 2002)
            ]
            assert this.value("select count(*) from gene_publications where source_db = 'pubmed'") > 1000
