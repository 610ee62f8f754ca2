"""What the tests of the pipeline share: one server, and one migrated demonstration and one migrated real sample that tests only read."""

import pytest

from mediabase_assets.legacy.files import load_legacy_file
from mediabase_assets_tests.fixtures.real_data import SAMPLE
from mediabase_assets_tests.pipeline import harness

pipeline_home = harness.pipeline_home


@pytest.fixture(scope="session")
def migrated(pipeline_home):
    """A project whose demonstration database was migrated once; tests must not change it."""
    with harness.project(pipeline_home) as this:
        result = this.migrate()
        assert result.success, harness.failed_steps(result)
        yield this


@pytest.fixture(scope="session")
def sample(pipeline_home):
    """The sample of real data, migrated once; tests must not change it, and have the mark `needs_sample`."""
    with harness.project(pipeline_home, demo=None) as this:
        with this.connect(autocommit=False) as conn:
            load_legacy_file(conn, SAMPLE)
            conn.commit()
        result = this.migrate()
        assert result.success, harness.failed_steps(result)
        yield this


@pytest.fixture
def fresh(pipeline_home):
    """A project of its own with a demonstration database that is not migrated yet."""
    with harness.project(pipeline_home) as this:
        yield this
