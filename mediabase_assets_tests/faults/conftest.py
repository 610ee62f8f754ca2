"""What the tests of faults share: a server of their own, which some of them kill, and what an uninterrupted run makes."""

import shutil
import tempfile
from pathlib import Path

import pytest

from mediabase_assets.postgres.embedded import server
from mediabase_assets_tests.faults.places import planted, uninterrupted
from mediabase_assets_tests.fixtures.environment import forget_environment
from mediabase_assets_tests.pipeline import harness


@pytest.fixture(scope="session")
def fault_home():
    """The home of an embedded server that may be killed."""
    parent = Path(tempfile.mkdtemp(prefix="mediabase-faults-"))
    parent.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        forget_environment(patch)
        try:
            server.ensure_running(parent / "home")
            yield parent / "home"
        finally:
            server.remove(parent / "home")
            shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture(scope="session")
def template(fault_home):
    """A project with a legacy table that nobody migrated, to be copied."""
    with harness.project(fault_home, demo=None) as this:
        planted(this)
        yield this


@pytest.fixture(scope="session")
def reference(template, fault_home):
    """What a run that nothing happens to makes of it."""
    with uninterrupted(template, fault_home) as found:
        yield found
