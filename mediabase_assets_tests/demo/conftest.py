"""One server for this folder's tests, and a demonstration table that only readers use."""

import shutil
import tempfile
from pathlib import Path

import pytest

from mediabase_assets.demo.build import build_demo
from mediabase_assets.postgres import connect
from mediabase_assets.postgres.embedded import server
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.fixtures.environment import forget_environment


@pytest.fixture(scope="session")
def demo_settings():
    """Settings of an embedded server in a folder of its own, gone afterwards."""
    parent = Path(tempfile.mkdtemp(prefix="mediabase-demo-"))
    parent.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        forget_environment(patch)
        settings = load_settings(home=parent / "home")
    try:
        server.ensure_running(settings.home)
        yield settings
    finally:
        server.remove(settings.home)
        shutil.rmtree(parent)


@pytest.fixture
def conn(demo_settings):
    """A session whose work is rolled back."""
    with connect.connect(demo_settings) as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="session")
def demo(demo_settings):
    """The report of a committed table `demo.cancer_transcript_base` of 5,000 rows."""
    with connect.connect(demo_settings) as connection:
        report = build_demo(connection, schema="demo")
        connection.commit()
    return report
