"""TLS to the server, with every program that talks to it, where the server lets nobody in without."""

import os
import subprocess
import sys

import pytest
import sqlalchemy
from psycopg import sql

from mediabase_assets.backup import FINDINGS, BackupScope, RelationName, create_backup, verify_backup
from mediabase_assets.backup.restore_proof import prove_restore
from mediabase_assets.model.errors import ConfigurationError, ServerError
from mediabase_assets.postgres.connect import connect, psql_command
from mediabase_assets.runs.storage_database import dagster_url
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.servers.running import ORDINARY
from mediabase_assets_tests.servers.tls import BY_CERTIFICATE, running_with_tls, with_tls

pytestmark = [
    pytest.mark.pg,
    pytest.mark.skipif(with_tls() is None, reason="no server on this machine was built with TLS (the wheel's is not)"),
]
DATABASE = "tls"


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    with running_with_tls(with_tls(), tmp_path_factory.mktemp("certificates")) as this:
        this.server.create_database(DATABASE)
        with this.server.connect(DATABASE) as conn:
            conn.execute(sql.SQL("alter role {} createdb").format(sql.Identifier(ORDINARY)))
            conn.execute("create table legacy as select i as transcript_id from generate_series(1, 500) as i")
            conn.execute(sql.SQL("alter table legacy owner to {}").format(sql.Identifier(ORDINARY)))
        yield this


@pytest.fixture
def to(tls, tmp_path):
    return lambda **more: load_settings(home=tmp_path, database=tls.settings(DATABASE, **more))


def test_the_right_authority_and_host_are_taken(to):
    with connect(to()) as conn:
        assert conn.value("select ssl from pg_stat_ssl where pid = pg_backend_pid()")


@pytest.mark.parametrize("mode", ["require", "verify-ca", "prefer", None])
def test_other_modes_come_in_too(to, mode):
    with connect(to(sslmode=mode)) as conn:
        assert conn.pgconn.ssl_in_use


def test_another_authority_is_refused(to, tls):
    with pytest.raises(ServerError, match="is of no authority that is trusted") as refused:
        connect(to(sslrootcert=str(tls.certificates / "other-ca.pem")))
    assert "MB_POSTGRES_SSLROOTCERT" in refused.value.next_step


def test_another_host_is_refused(to, tls):
    with pytest.raises(ServerError, match="certificate is that of another host"):
        connect(to(host=tls.other_host))
    with connect(to(host=tls.other_host, sslmode="verify-ca")) as conn:
        assert conn.pgconn.ssl_in_use


def test_without_tls_nobody_comes_in(to):
    with pytest.raises(ServerError, match="lets this user in over TLS only") as refused:
        connect(to(sslmode="disable", sslrootcert=None))
    assert "verify-full" in refused.value.next_step


def test_files_that_are_not_there_are_told(to, tmp_path):
    with pytest.raises(ServerError, match="no certificate of an authority"):
        connect(to(sslrootcert=str(tmp_path / "absent.pem")))


def test_a_client_certificate_logs_in(to, tls):
    files = {"sslcert": tls.certificates / "client.pem", "sslkey": tls.certificates / "client.key"}
    with connect(to(user=BY_CERTIFICATE, password=None, **files)) as conn:
        assert conn.info.user == BY_CERTIFICATE
    with pytest.raises(ServerError, match="wants a certificate of the client"):
        connect(to(user=BY_CERTIFICATE, password=None))


def test_libpqs_own_variables_are_heard(to, tls, monkeypatch):
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", str(tls.certificates / "other-ca.pem"))
    with pytest.raises(ServerError, match="no authority that is trusted"):
        connect(to(sslmode=None, sslrootcert=None))
    monkeypatch.setenv("PGSSLROOTCERT", str(tls.certificates / "ca.pem"))
    with connect(to(sslmode=None, sslrootcert=None)) as conn:
        assert conn.pgconn.ssl_in_use


def test_a_backup_is_written_and_restored_over_tls(to):
    settings = to()
    manifest = create_backup(settings, BackupScope(RelationName("public", "legacy")), migration_id="m")
    assert [(f.name, f.passed) for f in verify_backup(manifest)] == [(name, True) for name in FINDINGS]
    assert [(f.check, f.sample) for f in prove_restore(settings, manifest) if not f.passed] == []


def test_dagsters_storage_is_reached_over_tls(to):
    engine = sqlalchemy.create_engine(dagster_url(to()), poolclass=sqlalchemy.NullPool)
    with engine.connect() as conn:
        assert conn.execute(sqlalchemy.text("select ssl from pg_stat_ssl where pid = pg_backend_pid()")).scalar_one() is True
    engine.dispose()


def test_psql_is_opened_over_tls(tls, to, tmp_path):
    assert psql_command(to()) == "mediabase db psql"
    query = "select ssl, current_user from pg_stat_ssl where pid = pg_backend_pid()"
    command = [sys.executable, "-m", "mediabase_assets.cli", "db", "psql", "-At", "-c", query]
    environment = os.environ | tls.variables(DATABASE, tmp_path)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, f"t|{ORDINARY}", "")
    assert subprocess.run([*command[:-1], "select 1 / 0"], env=environment, capture_output=True, check=False, timeout=120).returncode == 1


@pytest.mark.parametrize("text", ["postgresql://u:canary@host/db", "host=a password=canary", "u:canary@host"])
def test_a_connection_string_is_no_host(text, tmp_path):
    with pytest.raises(ConfigurationError, match="it should be the name of a host") as refused:
        load_settings(home=tmp_path, database={"host": text})
    assert "canary" not in str(refused.value)


def test_an_unknown_mode_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"database\.sslmode.*'verify-full'"):
        load_settings(home=tmp_path, database={"host": "h", "sslmode": "verify"})
