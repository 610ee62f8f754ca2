"""A server of each version on this machine: Debian's, where it is installed, and the wheel's."""

import pytest

from mediabase_assets_tests.fixtures.environment import forget_environment
from mediabase_assets_tests.servers.running import installed, running


@pytest.fixture(scope="module", params=sorted(installed().items()), ids=lambda found: f"PostgreSQL {found[0]}")
def server(request):
    """It is started for the tests of a module and gone afterwards."""
    _, bin_dir = request.param
    with running(bin_dir) as this:
        yield this


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    forget_environment(monkeypatch)
