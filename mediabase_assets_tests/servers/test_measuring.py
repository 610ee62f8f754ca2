"""What an asset takes is measured on every version, by a role that is no superuser and may read no other role's sessions."""

import time

import pytest

from mediabase_assets.postgres.connect import connect
from mediabase_assets.records.tables import prepare_schemas
from mediabase_assets.runs import measuring
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.monitoring.work import SPILLING, asset_run, measured_run, prepared, row, values, with_interval
from mediabase_assets_tests.servers.running import ORDINARY

pytestmark = pytest.mark.pg
MB = 1 << 20
#: The first version whose counters a session can have added at once.
COUNTS = 15


@pytest.fixture
def database(server, tmp_path, monkeypatch):
    name = server.create_database("measured")
    for variable, value in server.environment(name, tmp_path / "home").items():
        monkeypatch.setenv(variable, value)
    yield with_interval(load_settings(), 0.05)
    server.drop_database(name)


def test_an_ordinary_role_measures_its_own_work(server, database):
    with connect(database) as conn:
        assert conn.value("select current_user") == ORDINARY
        assert not conn.value("select rolsuper or pg_has_role('pg_monitor', 'member') from pg_roles where rolname = current_user")
    prepared(database)
    with connect(database, autocommit=True) as conn:
        conn.execute("create table public.written (line text)")

    def work(conn):
        conn.execute("set local work_mem = '64kB'")
        conn.execute(SPILLING)
        conn.execute("insert into public.written select repeat('x', 100) from generate_series(1, 50000)")

    with measured_run(database) as (run_id, told):
        for asset, body in (("normalized/at_work", work), ("normalized/asleep", lambda conn: conn.execute("select pg_sleep(0.8)"))):
            this = asset_run(database, asset, run_id)
            with measuring.measured(this), this.building() as conn:
                body(conn)
    assert told == []
    done, slept = row(database, "normalized/at_work"), row(database, "normalized/asleep")
    assert slept["active_seconds"] >= 0.4
    assert slept["waiting_seconds"] > 0.3
    assert slept["cpu_seconds"] < 0.3
    if server.version < COUNTS:
        assert (done["basis"], done["temp_bytes"], done["wal_bytes"]) == ("sampled", None, None)
    else:
        assert done["basis"] == "counted"
        assert 15 * MB < done["temp_bytes"] < 60 * MB
        assert done["wal_bytes"] > 5 * MB
        assert slept["temp_bytes"] == 0
        assert slept["wal_bytes"] < MB
        assert 0.75 <= slept["active_seconds"] <= slept["wall_seconds"]
    assert max(values(database, "select wal_bytes from samples")) > 5 * MB
    assert max(values(database, "select active_sessions from samples")) >= 1


def test_records_of_an_earlier_version_get_the_tables(server, database):
    with connect(database, autocommit=True) as conn:
        prepare_schemas(conn, "public")
        conn.execute("drop table samples, stage_metrics")
    with measured_run(database) as (run_id, told), measuring.measured(asset_run(database, "normalized/first", run_id)):
        time.sleep(0.3)
        prepared(database)
        time.sleep(0.3)
    assert told == []
    assert row(database, "normalized/first")["status"] == "done"
