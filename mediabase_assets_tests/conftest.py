"""What all tests share: the fixtures of an empty database, and the header that names the server."""

import pytest

from mediabase_assets.postgres.embedded.binaries import server_bin_dir
from mediabase_assets_tests.fixtures.buckets import bucket_server
from mediabase_assets_tests.fixtures.server import conn, files_home, settings
from mediabase_assets_tests.fixtures.thorough import mark_long_tests

__all__ = ["bucket_server", "conn", "files_home", "settings"]


def pytest_report_header():
    """Which PostgreSQL the tests run on."""
    return f"PostgreSQL binaries: {server_bin_dir().name and server_bin_dir().parent.name}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Before pytest selects by markers."""
    mark_long_tests(items)
