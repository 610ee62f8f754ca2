"""The same data as the old programs wrote it in other years: versioned ids, other columns, other types."""

import pytest

from mediabase_assets.legacy.files import load_legacy_file
from mediabase_assets_tests.fixtures.real_data import SAMPLE, needs_sample
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline.legacy_versions import ERAS

pytestmark = [
    pytest.mark.pg,
    pytest.mark.end_to_end,
    pytest.mark.real_data,
    needs_sample,
]


@pytest.mark.parametrize("era", ERAS)
def test_every_era_gives_the_same_genes_and_transcripts_and_nothing_is_unexplained(pipeline_home, era):
    with harness.project(pipeline_home, demo=None) as this:
        with this.connect(autocommit=False) as conn:
            load_legacy_file(conn, SAMPLE)
            for statement in ERAS[era]:
                conn.execute(statement)
            conn.commit()
        result = this.migrate()
        assert result.success, harness.failed_steps(result)
        assert this.value("select count(*) from mediabase_ops.round_trip where explanation = 'unexplained'") == 0
        assert this.rows("select (select count(*) from genes), (select count(*) from transcripts)") == [(89, 1022)]
        if "drugs" in str(this.rows("select attname from pg_attribute where attrelid = 'cancer_transcript_base'::regclass")):
            assert this.value("select count(*) from gene_drug_interactions") == 872
            assert this.value("select count(*) from transcript_go_terms") == 73546
        if "mystery" in str(ERAS[era]):
            assert this.rows("select fate, archived from mediabase_ops.column_account where legacy_column = 'mystery'") == [
                ("archived", 2002)
            ]
            assert this.value("select count(*) from gene_publications where source_db = 'pubmed'") > 1000
