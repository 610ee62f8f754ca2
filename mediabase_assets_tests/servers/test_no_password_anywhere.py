"""A canary for a password, another for the secret key of the bucket: a migration over TLS, and then a search in all that it left.

Searched are the command lines of its processes while it runs, what it prints, its home, the database and Dagster's storage as pg_dump
writes them, and the backups.
"""

import contextlib
import gzip
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from psycopg import sql

from mediabase_assets.backup import at_hand, list_backups, place_of
from mediabase_assets.backup.object_store import object_store
from mediabase_assets.demo.build import build_demo
from mediabase_assets.postgres.connect import client_tool
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.servers.commands import ROWS
from mediabase_assets_tests.servers.running import ORDINARY
from mediabase_assets_tests.servers.tls import running_with_tls, with_tls

pytestmark = [
    pytest.mark.pg,
    pytest.mark.end_to_end,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(with_tls() is None, reason="no server on this machine was built with TLS (the wheel's is not)"),
]
DATABASE = "canary"
PASSWORD = f"canary/{uuid.uuid4().hex}@ %"


class CommandLines:
    """The command lines of all processes that this one starts, however indirectly, looked at again and again while the body runs."""

    def __enter__(self):
        self.seen: set[str] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _look(self):
        this = psutil.Process()
        while not self._ended.wait(0.1):
            for process in this.children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    self.seen.add(" ".join(process.cmdline()))


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    with running_with_tls(with_tls(), tmp_path_factory.mktemp("certificates"), PASSWORD) as this:
        yield this


@pytest.fixture(scope="module")
def migrated(tls, bucket_server, tmp_path_factory):
    """What a migration left, and what was seen and said meanwhile."""
    tls.server.create_database(DATABASE)
    with tls.server.connect(DATABASE) as conn:
        build_demo(conn, schema="public", transcripts=ROWS)
        conn.execute(sql.SQL("alter table cancer_transcript_base owner to {}").format(sql.Identifier(ORDINARY)))
    home = tmp_path_factory.mktemp("home")
    location = bucket_server.location(f"canary-{uuid.uuid4().hex}")
    variables = tls.variables(DATABASE, home, PASSWORD) | bucket_server.variables(bucket_server.writer)
    variables |= {"MEDIABASE_BACKUP_LOCATION": location}
    said = []
    with CommandLines() as lines:
        # an option of the command line, so that the effective settings are written to a file
        for arguments in (
            ("migrate", "--skip-confirmation", "--symbol-conflicts", "qualify"),
            ("status",),
            ("rollback", "nothing", "--skip-confirmation"),
        ):
            done = subprocess.run(
                [sys.executable, "-m", "mediabase_assets.cli", *arguments], env=variables, capture_output=True, text=True, check=False
            )
            assert done.returncode == (1 if arguments[0] == "rollback" else 0), (done.stdout + done.stderr)[-3000:]
            said.append(done.stdout + done.stderr)
    return home, location, variables, lines.seen, said


@pytest.fixture(scope="module")
def secrets(bucket_server):
    """The secrets, as they are and as they stand in a URL."""
    key = bucket_server.writer[1]
    return {form.encode() for secret in (PASSWORD, key) for form in (secret, quote(secret), quote(secret, safe=""))}


def holding(secrets, texts):
    return [name for name, content in texts if any(secret in content for secret in secrets)]


def test_no_command_line_holds_it(migrated, secrets):
    lines = migrated[3]
    assert any("pg_dump" in line for line in lines)
    assert any("pg_restore" in line for line in lines)
    assert holding(secrets, ((line, line.encode()) for line in lines)) == []


def test_nothing_that_was_printed_holds_it(migrated, secrets):
    assert all(migrated[4])
    assert holding(secrets, ((text[:80], text.encode()) for text in migrated[4])) == []


def test_no_file_of_the_home_holds_it(migrated, secrets):
    home = migrated[0]
    files = [path for path in home.rglob("*") if path.is_file()]
    assert any(path.name == "effective-config.yaml" for path in files)
    assert any(path.suffix == ".log" for path in files)
    contents = ((str(path), gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()) for path in files)
    assert holding(secrets, contents) == []


def test_nothing_in_the_database_or_in_dagsters_storage_holds_it(migrated, tls, secrets):
    arguments = ["--data-only", f"--host={tls.server.folder}", "--username=postgres"]
    dump = subprocess.run([str(client_tool("pg_dump")), *arguments, DATABASE], capture_output=True, check=True).stdout
    assert b"ASSET_MATERIALIZATION" in dump  # Dagster's events, whether in a schema or a database
    assert b"released" in dump
    assert holding(secrets, [(DATABASE, dump)]) == []


def test_no_backup_holds_it(migrated, secrets, monkeypatch):
    home, location, variables, *_ = migrated
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, variables[name])
    object_store.cache_clear()
    settings = load_settings(home=home, database={"host": "h"}, backup={"location": location})
    (manifest,) = list_backups(place_of(settings))
    store = object_store(location)
    contents = [(file.path, store.read(file.path)) for file in store.files()]
    with at_hand(manifest) as here:
        for file in here.files:
            command = [str(client_tool("pg_restore")), "--file=-", str(here.folder / file.name)]
            contents.append((f"SQL of {file.name}", subprocess.run(command, capture_output=True, check=True).stdout))
    assert len(contents) >= 6
    assert holding(secrets, contents) == []
    object_store.cache_clear()


def test_a_search_finds_what_is_there(secrets):
    assert holding(secrets, [("a", b"password=" + PASSWORD.encode()), ("b", b"nothing"), ("c", quote(PASSWORD).encode())]) == ["a", "c"]


def test_no_error_holds_it_nor_that_of_a_service(migrated, tls, tmp_path):
    """A password that is wrong, and one that libpq takes from a service's section."""
    home, _, variables, *_ = migrated
    wrong = f"canary{uuid.uuid4().hex}"
    service = tmp_path / "pg_service.conf"
    rows = {"host": tls.host, "port": "5432", "dbname": DATABASE, "user": ORDINARY, "password": PASSWORD, "sslmode": "require"}
    service.write_text("[ours]\n" + "".join(f"{key}={value}\n" for key, value in rows.items()))
    of_service = {k: v for k, v in variables.items() if not k.startswith("MB_")}
    of_service |= {"PGSERVICEFILE": str(service), "MB_POSTGRES_SERVICE": "ours"}
    runs = [
        (variables | {"MB_POSTGRES_PASSWORD": wrong}, 1, ("status",)),
        (of_service, 0, ("db", "psql", "-At", "-c", "select ssl from pg_stat_ssl where pid = pg_backend_pid()")),
    ]
    with CommandLines() as lines:
        for environment, code, arguments in runs:
            command = [sys.executable, "-m", "mediabase_assets.cli", *arguments]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
            assert done.returncode == code, done.stderr
            assert wrong not in done.stdout + done.stderr
            assert PASSWORD not in done.stdout + done.stderr
            time.sleep(0.1)
    assert done.stdout.strip() == "t"
    assert not [line for line in lines.seen if PASSWORD in line or wrong in line]
    files = [path for path in Path(home).rglob("*") if path.is_file()]
    assert not [path for path in files if wrong.encode() in path.read_bytes()]
