import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from mediabase_assets.model.errors import ServerError
from mediabase_assets.postgres import connect
from mediabase_assets.postgres.embedded import server
from mediabase_assets.postgres.embedded.cluster import find_cluster
from mediabase_assets.runs import storage_database
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.fixtures.environment import forget_environment

pytestmark = pytest.mark.pg
SECRET = "p@ss/w%rd: ?&#"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    forget_environment(monkeypatch)


@pytest.fixture(scope="module")
def home():
    """A server with the roles that the failures need, one of them with a password."""
    parent = Path(tempfile.mkdtemp(prefix="mediabase-db-"))
    parent.chmod(0o755)
    path = parent / "home"
    try:
        address = server.ensure_running(path)
        cluster = find_cluster(path)
        hba = cluster.data / "pg_hba.conf"
        rules = "local all with_password scram-sha-256\nlocal all rejected reject\nlocal postgres creator trust\n"
        cluster.account.write(hba, rules + hba.read_text())
        with psycopg.connect(host=str(address.socket_dir), user="postgres", dbname="mediabase", autocommit=True) as connection:
            connection.execute(f"create role with_password login createdb password '{SECRET}'")
            connection.execute("create role rejected login")
            connection.execute("create role plain login")
            connection.execute("create role full_house login connection limit 0")
            connection.execute("create database closed")
            connection.execute("revoke connect on database closed from public")
            connection.execute("create database owned owner plain")
            connection.execute("select pg_reload_conf()")
        yield path
    finally:
        server.remove(path)
        shutil.rmtree(parent)


@pytest.fixture
def named(home):
    """Settings that name the server as if it were somebody else's."""

    def settings(**keys):
        defaults = {"host": str(server.ensure_running(home).socket_dir), "user": "postgres", "name": "mediabase"}
        return load_settings(home=home / "unused", database=defaults | keys)

    return settings


def test_a_session_of_the_embedded_server(home):
    with connect.connect(load_settings(home=home), application_name="me") as connection:
        assert connection.execute("show application_name").fetchone() == ("me",)
        assert connection.info.dbname == "mediabase"
        assert not connection.autocommit
    with connect.connect(load_settings(home=home), autocommit=True, dbname="postgres") as connection:
        assert connection.info.dbname == "postgres"
        assert connection.autocommit


def test_a_configured_database_is_created_in_the_embedded_server_only(home, named):
    settings = load_settings(home=home, database={"name": "made_on_demand"})
    with connect.connect(settings) as connection:
        assert connection.info.dbname == "made_on_demand"
    for other in (named(name="nowhere"), load_settings(home=home)):
        with pytest.raises(ServerError, match="no such database"):
            connect.connect(other, dbname="nowhere")


def test_a_password_travels_but_is_not_shown(named):
    settings = named(user="with_password", password=SECRET)
    with connect.connect(settings) as connection:
        assert connection.info.user == "with_password"
    assert SECRET not in connect.conninfo(settings) + connect.psql_command(settings)
    assert "password" not in connect.conninfo(settings).replace("with_password", "")
    engine = sqlalchemy.create_engine(connect.sqlalchemy_url(settings))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select current_user").scalar() == "with_password"
    engine.dispose()


FAILURES = [
    ({"user": "with_password"}, "wants a password", "MB_POSTGRES_PASSWORD"),
    ({"user": "with_password", "password": "wr0ng-One"}, "does not accept", "MB_POSTGRES_PASSWORD"),
    ({"user": "nobody_at_all"}, "no such role", "MB_POSTGRES_USER"),
    ({"user": "rejected"}, "does not let this user in", "pg_hba.conf"),
    ({"user": "full_house"}, "no session left", "Close other sessions"),
    ({"user": "plain", "name": "closed"}, "may not connect", "grant connect"),
    ({"name": "nowhere"}, "no such database", "MB_POSTGRES_DB"),
    ({"host": "/nonexistent"}, "No server listens", "MB_POSTGRES_HOST"),
    ({"host": "no-such-host.invalid"}, "no such host", "MB_POSTGRES_HOST"),
]


@pytest.mark.parametrize(("keys", "what", "next_step"), FAILURES, ids=[str(keys) for keys, *_ in FAILURES])
def test_each_failure_says_what_to_do(named, keys, what, next_step):
    with pytest.raises(ServerError) as caught:
        connect.connect(named(**keys))
    assert what in caught.value.what
    assert next_step in caught.value.next_step
    assert caught.value.where
    assert "wr0ng-One" not in str(caught.value)


def test_nobody_listening_and_nobody_answering(named):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        with pytest.raises(ServerError, match="No server listens there"):
            connect.connect(named(host="127.0.0.1", port=port))
        listener.listen()
        with pytest.raises(ServerError, match="does not answer in time"):
            connect.connect(named(host="127.0.0.1", port=port, connection_timeout=2))


def test_a_service_names_a_server(home, named, monkeypatch, tmp_path):
    address = server.ensure_running(home)
    file = tmp_path / "services"
    file.write_text(f"[ours]\nhost={address.socket_dir}\nuser=plain\ndbname=postgres\n")
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    settings = load_settings(home=home / "unused", database={"service": "ours"})
    with connect.connect(settings) as connection:
        assert (connection.info.user, connection.info.dbname) == ("plain", "postgres")
    engine = sqlalchemy.create_engine(connect.sqlalchemy_url(settings))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select current_user").scalar() == "plain"
    engine.dispose()
    with pytest.raises(ServerError, match="no such libpq service"):
        connect.connect(load_settings(database={"service": "theirs"}))


def test_client_programs_connect_with_the_environment(home, named, monkeypatch):
    monkeypatch.setenv("PGHOST", "elsewhere.invalid")
    statement = ["-Atc", "select current_user || ' ' || current_database()"]
    for settings, told in (
        (load_settings(home=home), "postgres mediabase"),
        (named(user="with_password", password=SECRET), "with_password mediabase"),
    ):
        done = subprocess.run([connect.client_tool("psql"), *statement], env=connect.libpq_env(settings), capture_output=True, text=True)
        assert done.stdout.strip() == told, done.stderr


def where_dagster_lives(url: str) -> tuple[str, str]:
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("select current_database(), current_schema()").one()
    engine.dispose()
    return tuple(found)


def test_dagster_gets_a_database_of_its_own(home, named):
    for settings in (load_settings(home=home), named(user="with_password", password=SECRET, name="postgres")):
        database_name = f"{settings.database.name}_dagster"
        for _ in range(2):  # made once, then found
            assert where_dagster_lives(storage_database.dagster_url(settings)) == (database_name, "public")


def test_dagster_gets_a_schema_where_the_role_may_not_create_databases(named):
    for _ in range(2):
        url = storage_database.dagster_url(named(user="plain", name="owned"))
        assert where_dagster_lives(url) == ("owned", "mediabase_dagster")


def test_a_role_that_may_create_nothing_is_told(named):
    with pytest.raises(ServerError, match="neither a database nor a schema") as caught:
        storage_database.dagster_url(named(user="plain"))
    assert "grant create" in caught.value.next_step
