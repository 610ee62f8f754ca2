"""What all tests share: nothing of the person's environment reaches them, and the header names the server."""

from mediabase_assets.postgres.embedded.binaries import server_bin_dir


def pytest_report_header():
    """Which PostgreSQL the tests run on."""
    return f"PostgreSQL binaries: {server_bin_dir().name and server_bin_dir().parent.name}"
