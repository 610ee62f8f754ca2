import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import dagster as dg
import pytest

from mediabase_assets.postgres import connect
from mediabase_assets.postgres.embedded import server
from mediabase_assets.runs.storage import instance_config_file
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.fixtures.environment import forget_environment

pytestmark = pytest.mark.pg
DEFINITIONS = """
import dagster as dg

@dg.asset
def one() -> None: ...

defs = dg.Definitions(assets=[one])
"""


@pytest.fixture
def checkout(monkeypatch):
    """A folder as after `git clone`, and no environment but DAGSTER_HOME."""
    folder = Path(tempfile.mkdtemp(prefix="mediabase-checkout-"))
    folder.chmod(0o755)
    forget_environment(monkeypatch)
    shutil.copy(instance_config_file(), folder)
    (folder / "tiny_definitions.py").write_text(DEFINITIONS)
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    monkeypatch.chdir(folder)
    try:
        yield folder
    finally:
        server.remove(folder / ".mediabase")
        shutil.rmtree(folder)


def test_a_fresh_checkout_runs_and_another_process_sees_the_run(checkout):
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "asset", "materialize", "-f", "tiny_definitions.py", "--select", "one"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with dg.DagsterInstance.get() as instance:
        assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.SUCCESS]
        assert instance.get_latest_materialization_event(dg.AssetKey("one")) is not None
        assert not instance.telemetry_enabled
        assert instance.run_monitoring_enabled
        assert instance.run_retries_enabled
    settings = load_settings()
    assert settings.home == checkout / ".mediabase"
    with connect.connect(settings, dbname="mediabase_dagster") as connection:
        assert connection.execute("select count(*) from runs").fetchone() == (1,)


def test_sessions_are_kept_between_uses_and_opened_anew_where_the_server_ended_them(checkout):
    sessions = "select array_agg(pid order by pid) from pg_stat_activity where application_name = 'dagster'"
    with dg.DagsterInstance.get() as instance, connect.connect(load_settings(), autocommit=True, dbname="mediabase_dagster") as connection:

        def use() -> list[int]:
            instance.get_runs()
            instance.get_latest_materialization_event(dg.AssetKey("one"))
            return connection.execute(sessions).fetchone()[0]

        kept = use()
        assert kept
        assert use() == kept
        connection.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'dagster'")
        assert not {*use()} & {*kept}
