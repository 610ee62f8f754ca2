import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from mediabase_assets.model.errors import ServerError
from mediabase_assets.postgres import connect
from mediabase_assets.postgres.embedded import cluster as cluster_module
from mediabase_assets.postgres.embedded import server
from mediabase_assets.postgres.embedded.cluster import find_cluster, socket_folder
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.fixtures.environment import forget_environment

pytestmark = pytest.mark.pg
START = """
import pathlib, sys
from mediabase_assets.postgres.embedded import server
print(server.ensure_running(pathlib.Path(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def home():
    """A home with a server, in a folder that every account may enter."""
    parent = Path(tempfile.mkdtemp(prefix="mediabase-home-"))
    parent.chmod(0o755)
    path = parent / "home"
    try:
        server.ensure_running(path)
        yield path
    finally:
        server.remove(path)
        shutil.rmtree(parent)


def select(home: Path, statement: str = "select 1"):
    with connect.connect(load_settings(home=home, database={"host": None})) as connection:
        return connection.execute(statement).fetchone()[0]


@pytest.fixture(autouse=True)
def _embedded(monkeypatch):
    forget_environment(monkeypatch)


def test_a_running_server_is_found_at_once_and_by_psql(home):
    address = server.ensure_running(home)
    began = time.monotonic()
    assert server.ensure_running(home) == address == server.known_address(home)
    assert time.monotonic() - began < 1
    command = connect.psql_command(load_settings(home=home))
    done = subprocess.run([*shlex.split(command), "-Atc", "select current_user || current_database()"], capture_output=True, text=True)
    assert done.stdout.strip() == "postgresmediabase", done.stderr


def test_its_socket_is_for_its_account_alone(home):
    status = server.ensure_running(home).socket_dir.stat()
    assert status.st_mode & 0o777 == 0o700
    assert status.st_uid == find_cluster(home).account.uid != 0


def test_it_is_configured_for_a_bulk_load_and_keeps_what_is_committed(home):
    server.ensure_running(home)
    names = ("wal_level", "fsync", "synchronous_commit", "data_checksums", "listen_addresses", "server_encoding", "jit")
    assert [select(home, f"select current_setting('{name}')") for name in names] == [
        "minimal", "on", "on", "on", "", "UTF8", "off",
    ]  # fmt: skip


def test_it_is_not_in_the_session_of_who_started_it(home):
    server.ensure_running(home)
    pid = server.status(home).pid
    assert os.getsid(pid) != os.getsid(0)


def test_it_stops_and_starts_and_says_so(home):
    server.ensure_running(home)
    status = server.status(home)
    assert status.is_running
    assert status.data_dir.is_dir()
    assert server.stop(home)
    assert not server.stop(home)
    status = server.status(home)
    assert (status.is_running, status.pid, status.address) == (False, None, None)
    assert "shut down" in server.log_tail(home)
    assert select(home) == 1


def test_it_recovers_what_was_committed_when_killed(home):
    with connect.connect(load_settings(home=home), autocommit=True) as connection:
        connection.execute("drop table if exists survivors")
        connection.execute("create table survivors as select generate_series(1, 1000) as n")
    os.kill(server.status(home).pid, signal.SIGKILL)
    assert select(home, "select count(*) from survivors") == 1000


def test_a_stale_pid_file_with_a_number_that_is_anothers_does_not_stop_it(home):
    server.ensure_running(home)
    cluster = find_cluster(home)
    text = (cluster.data / "postmaster.pid").read_text()
    server.stop(home)
    other = subprocess.Popen(
        ["sleep", "60"], **({} if cluster.account.is_current else {"user": cluster.account.uid})
    )  # the same account, or PostgreSQL itself would see through it
    try:
        file = cluster.data / "postmaster.pid"
        cluster.account.write(file, "\n".join([str(other.pid), *text.splitlines()[1:]]) + "\n")
        assert not server.status(home).is_running
        assert select(home) == 1
    finally:
        other.kill()
        other.wait()


def test_a_server_that_cannot_start_says_why(home):
    server.stop(home)
    file = find_cluster(home).data / "postgresql.auto.conf"
    text = file.read_text()
    try:
        find_cluster(home).account.write(file, "shared_buffers = 'many'\n")
        with pytest.raises(ServerError, match="shared_buffers"):
            server.ensure_running(home)
    finally:
        find_cluster(home).account.write(file, text)
    assert select(home) == 1


def test_data_of_another_version_is_refused(home):
    server.stop(home)
    file = find_cluster(home).data / "PG_VERSION"
    text = file.read_text()
    try:
        for version, what in (("7\n", "PostgreSQL 7"), ("damaged", "version cannot be read")):
            find_cluster(home).account.write(file, version)
            with pytest.raises(ServerError, match=what):
                server.ensure_running(home)
    finally:
        find_cluster(home).account.write(file, text)
    assert select(home) == 1


def test_two_processes_at_once_in_a_folder_closed_to_others():
    """From nothing, below a folder of mode 0700, with a path too long for a socket; a killed initdb left something."""
    parent = Path(tempfile.mkdtemp(prefix="mediabase-closed-"))
    home = parent / ("long" * 25)
    home.mkdir()
    if os.geteuid() != 0:
        (home / "postgres" / "data.new-1").mkdir(parents=True)
    try:
        starters = [
            subprocess.Popen([sys.executable, "-c", START, str(home)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)
        ]
        told = [starter.communicate(timeout=120) for starter in starters]
        assert [starter.returncode for starter in starters] == [0, 0], told
        assert told[0][0] == told[1][0]
        assert select(home) == 1
        status = server.status(home)
        assert parent.stat().st_mode & 0o777 == 0o700  # nobody's permissions were changed
        assert (home / "postgres").is_symlink() == (os.geteuid() == 0)
        assert not list(find_cluster(home).folder.glob("data.new-*"))
        assert len(os.fsencode(status.address.socket_dir / ".s.PGSQL.5432")) < 107
    finally:
        folder = find_cluster(home).folder
        server.remove(home)
        assert not folder.exists()
        assert not os.path.lexists(home / "postgres")
        shutil.rmtree(parent)


def test_a_long_path_gets_a_socket_elsewhere_the_same_each_time():
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)
        home = Path(parent) / ("long" * 25)
        home.mkdir()
        cluster = cluster_module.create_folder(home)
        folder = socket_folder(cluster)
        try:
            assert folder == socket_folder(cluster)
            assert home not in folder.parents
            cluster.account.write(cluster.folder / "socket_folder", parent)  # root does not fall for it
            assert cluster_module.remembered_socket_folder(cluster) is None
        finally:
            shutil.rmtree(folder)


def test_a_full_disk_is_told_before_anything_is_written(monkeypatch):
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)
        monkeypatch.setattr(cluster_module, "SPACE_OF_A_NEW_CLUSTER", 1 << 60)
        with pytest.raises(ServerError, match="no space"):
            server.ensure_running(Path(parent) / "home")
        assert not server.status(Path(parent) / "home").is_running


def test_a_home_that_is_no_folder_or_has_a_shells_characters_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ServerError, match="cannot be"):
        server.ensure_running(tmp_path / "file" / "home")
    with pytest.raises(ServerError, match="quotes"):
        server.ensure_running(tmp_path / "$(home)")


def test_what_never_ran_has_a_status_and_stops(tmp_path):
    assert not server.status(tmp_path).is_running
    assert not server.stop(tmp_path)
    assert server.log_tail(tmp_path) == ""
    assert server.known_address(tmp_path) is None
    server.remove(tmp_path)


def test_a_database_is_created_once(home):
    address = server.ensure_running(home)
    for _ in range(2):
        server.ensure_database(address, 'odd "name"')
    with psycopg.connect(host=str(address.socket_dir), user=address.user, dbname='odd "name"') as connection:
        assert connection.execute("show server_encoding").fetchone() == ("UTF8",)
