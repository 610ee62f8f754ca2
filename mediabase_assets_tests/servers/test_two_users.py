"""Two accounts with a home each and nothing in common but a server and a place for backups: one migrates, the other rolls back."""

import shutil
import tempfile
from pathlib import Path

import pytest
from psycopg import sql

from mediabase_assets.demo.build import build_demo
from mediabase_assets_tests.fixtures import os_users
from mediabase_assets_tests.servers.commands import ROWS
from mediabase_assets_tests.servers.running import ORDINARY, PASSWORD, installed, running

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end, pytest.mark.timeout(900)]
DATABASE = "two_users"


@pytest.fixture(scope="module")
def server():
    with running(installed()[max(installed())]) as this:
        this.create_database(DATABASE)
        yield this


@pytest.fixture
def database(server):
    """The demonstration on a fresh database, which is the ordinary role's."""
    server.drop_database(DATABASE)
    server.create_database(DATABASE)
    with server.connect(DATABASE) as conn:
        build_demo(conn, schema="public", transcripts=ROWS)
        conn.execute(sql.SQL("alter table cancer_transcript_base owner to {}").format(sql.Identifier(ORDINARY)))
        yield conn


@pytest.fixture
def workers():
    folder = Path(tempfile.mkdtemp(prefix="mediabase-users-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder, os_users.worker(os_users.FIRST, folder), os_users.worker(os_users.SECOND, folder)
    shutil.rmtree(folder)


def variables(server, location):
    return {
        "MB_POSTGRES_HOST": str(server.folder), "MB_POSTGRES_USER": ORDINARY, "MB_POSTGRES_PASSWORD": PASSWORD,
        "MB_POSTGRES_DB": DATABASE, "MEDIABASE_BACKUP_LOCATION": location,
    }  # fmt: skip


def said(done):
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def is_live(conn):
    return conn.execute("select to_regclass('public.genes') is not null").fetchone()[0]


def test_one_migrates_into_a_bucket_the_other_rolls_back_and_migrates_again(server, database, workers, bucket_server):
    _, first, second = workers
    where = variables(server, bucket_server.location("two-users")) | bucket_server.variables(bucket_server.writer)
    assert "Nothing here" not in said(first.run("migrate", "--skip-confirmation", variables=where))
    assert is_live(database)
    (migration,) = database.execute("select migration_id from mediabase_ops.releases").fetchone()
    assert f"{migration}/verification.json" in bucket_server.names("two-users")
    shutil.rmtree(first.home)  # nothing of it is needed

    status = said(second.run("status", variables=where))
    assert migration in status
    assert f"s3://lab/two-users/{migration}" in status
    assert "its backup" not in status
    assert "Nothing to do" in said(second.run("migrate", "--skip-confirmation", variables=where))
    rolled_back = said(second.run("rollback", migration, "--skip-confirmation", variables=where))
    assert migration in rolled_back
    assert not is_live(database)
    said(second.run("migrate", "--skip-confirmation", variables=where))
    assert is_live(database)
    used = database.execute("select backup_id from mediabase_ops.migration_runs order by started_at").fetchall()
    assert used == [(migration,), (migration,)]  # the state before is that of the first backup


def test_a_bucket_that_is_not_there_stops_a_migration_before_anything_is_built(server, database, workers, bucket_server):
    _, first, _ = workers
    where = variables(server, bucket_server.location("x", "absent")) | bucket_server.variables(bucket_server.writer)
    done = first.run("migrate", "--skip-confirmation", variables=where)
    assert done.returncode == 1
    assert "There is no such bucket (NO_SUCH_BUCKET)" in done.stdout + done.stderr
    assert "Create it, or correct backup.location" in done.stdout + done.stderr
    assert not database.execute("select to_regclass('mediabase_next.genes') is not null").fetchone()[0]
    assert bucket_server.writer[1] not in done.stdout + done.stderr


def test_accounts_of_a_group_share_a_folder(server, database, workers):
    folder, first, second = workers
    shared = folder / "backups"
    shared.mkdir()
    shutil.chown(shared, first.uid, os_users.SHARED_GROUP if first.uid != second.uid else None)
    shared.chmod(0o2770)
    where = variables(server, str(shared))
    said(first.run("migrate", "--skip-confirmation", variables=where))
    (migration,) = database.execute("select migration_id from mediabase_ops.releases").fetchone()
    assert migration in said(second.run("rollback", migration, "--skip-confirmation", variables=where))
    assert not is_live(database)


def test_a_folder_that_may_not_be_written_is_told_at_the_prerequisites(server, database, workers):
    folder, first, _ = workers
    closed = folder / "closed"
    closed.mkdir(mode=0o555)
    done = first.run("migrate", "--skip-confirmation", variables=variables(server, str(closed)))
    if first.uid == 0:
        pytest.skip("root may write everywhere")
    assert done.returncode == 1
    assert "This account may not write to" in done.stdout + done.stderr
    assert not database.execute("select to_regclass('mediabase_next.genes') is not null").fetchone()[0]
