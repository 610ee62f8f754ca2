"""A run of selected assets without those between them: the order, and a failure, are as if Dagster knew the implied edge."""

import pytest

from mediabase_assets_tests.pipeline import copies, harness

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
#: The latter is made from the former, by way of transcripts; by name it comes first.
BEFORE, AFTER = "normalized/genes", "normalized/gene_cross_references"


@pytest.fixture(scope="module")
def migrated(pipeline_home):
    with harness.project(pipeline_home, demo=1500) as project:
        assert project.migrate().success
        yield project


@pytest.fixture
def this(migrated, pipeline_home):
    with copies.copy_of(migrated, pipeline_home) as copy:
        yield copy


def test_what_comes_before_is_made_before(this):
    result = this.migrate(AFTER, BEFORE)
    assert result.success
    assert [e.step_key for e in result.all_events if e.is_step_success] == [key.replace("/", "__") for key in (BEFORE, AFTER)]


@pytest.mark.parametrize("last", [AFTER, "release/current_release"])
def test_after_a_failure_nothing_is_made_from_it(this, last):
    with this.connect() as conn:
        facts = "mediabase_next.gene_candidates"
        conn.execute(f"update {facts} set chromosome = 'nonsense' where ctid = (select min(ctid) from {facts})")
    releases = "select count(*) from mediabase_ops.releases"
    before = this.value(releases)
    result = this.migrate(last, BEFORE)
    assert harness.failed_steps(result) == [key.replace("/", "__") for key in (BEFORE, last)]
    (_, failure) = [e.step_failure_data.user_failure_data for e in result.all_events if e.is_step_failure]
    assert f"{BEFORE} failed or was skipped in this run, and {last} is built from it." in failure.description
    assert this.value(releases) == before
