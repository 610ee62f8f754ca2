"""Backups in a bucket of S3: a real server, which checks signatures and rights, and pyarrow's real client."""

import json
import signal
import subprocess
import sys
import uuid
from types import SimpleNamespace

import psycopg
import pytest

from mediabase_assets.backup import (
    FINDINGS,
    BackupScope,
    RelationName,
    at_hand,
    create_backup,
    current_state,
    find_reusable,
    free_name,
    is_verified,
    list_backups,
    place_of,
    read_backup,
    verify_backup,
)
from mediabase_assets.backup import bucket as in_bucket
from mediabase_assets.backup.bucket import remove_unfinished
from mediabase_assets.backup.object_store import object_store
from mediabase_assets.backup.place import require_usable
from mediabase_assets.backup.restore_proof import prove_restore
from mediabase_assets.model.errors import BackupError
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.fixtures.buckets import free_port
from mediabase_assets_tests.fixtures.legacy_files import TABLE

pytestmark = pytest.mark.pg

SCOPE = BackupScope(RelationName("public", TABLE), relations=(RelationName("public", "genes"),), live_schema="public")
FILES = ["legacy.dump", "manifest.json", "relations.dump"]


@pytest.fixture
def as_user(bucket_server, monkeypatch, tmp_path):
    """Makes this process one of a user of the server; the credentials are read with the first use of a location."""
    monkeypatch.setenv("HOME", str(tmp_path))

    def become(user):
        for name, value in bucket_server.variables(user).items():
            monkeypatch.setenv(name, value)
        object_store.cache_clear()

    become(bucket_server.writer)
    yield become
    object_store.cache_clear()


@pytest.fixture
def prefix():
    return f"backups/{uuid.uuid4().hex}"


@pytest.fixture
def place(conn, settings, bucket_server, prefix, as_user):
    """Settings of a database with a legacy table and a live one, whose backups are in a bucket."""
    conn.execute(f"create table {TABLE} (transcript_id text primary key, gene_id text)")
    conn.execute(f"insert into {TABLE} select 'T' || i, 'G' || i / 3 from generate_series(1, 200) as i")
    conn.execute("create table genes as select i as id from generate_series(1, 10) as i")
    return load_settings(home=settings.home, database={"name": settings.database.name}, backup={"location": bucket_server.location(prefix)})


def reused(conn, place):
    return find_reusable(place_of(place), current_state(conn, SCOPE), live_schema="public")


def test_a_backup_is_uploaded_verified_listed_and_used_again(conn, place, bucket_server, prefix):
    manifest = create_backup(place, SCOPE, migration_id="first")
    assert bucket_server.names(prefix) == [f"first/{name}" for name in FILES]
    assert not is_verified(manifest)
    assert reused(conn, place) is None  # not verified yet
    assert [(f.name, f.passed) for f in verify_backup(manifest)] == [(name, True) for name in FINDINGS]
    assert is_verified(manifest)
    assert list_backups(place_of(place)) == [manifest] == [read_backup(place_of(place), "first")]
    assert reused(conn, place) == manifest
    assert manifest.where == f"s3://lab/{prefix}/first"
    assert not any((place.home / "backups").glob("*first*"))  # nothing stays where it was written


def test_its_files_come_to_a_folder_and_go_again(place):
    manifest = create_backup(place, SCOPE, migration_id="first")
    with at_hand(manifest, only={"legacy.dump"}) as here:
        assert [path.name for path in here.folder.iterdir()] == ["legacy.dump"]
        with at_hand(here) as again:
            assert again is here
    assert not here.folder.exists()


def test_where_there_is_no_room_nothing_is_downloaded(place, monkeypatch):
    manifest = create_backup(place, SCOPE, migration_id="first")
    monkeypatch.setattr("mediabase_assets.backup.place.shutil.disk_usage", lambda folder: SimpleNamespace(free=1))
    with pytest.raises(BackupError, match=r"take \d.* here for a moment, and 1 byte can be used") as refused:
        verify_backup(manifest)
    assert "TMPDIR" in refused.value.next_step


def test_it_restores(place):
    manifest = create_backup(place, SCOPE, migration_id="first")
    assert [(f.check, f.sample) for f in prove_restore(place, manifest) if not f.passed] == []


def test_an_unchanged_legacy_table_is_copied_in_the_bucket(conn, place, bucket_server, prefix):
    verify_backup(create_backup(place, SCOPE, migration_id="first"))
    conn.execute("insert into genes values (11)")
    second = create_backup(place, SCOPE, migration_id="second")
    assert second.legacy_from == "first"
    for name in ("legacy.dump", "manifest.json", "verification.json", "relations.dump"):
        bucket_server.remove(f"{prefix}/first/{name}")
    assert all(f.passed for f in verify_backup(second))  # it is whole without the other
    assert is_verified(second)


def test_an_archive_that_s3_does_not_copy_is_written_again(conn, place, monkeypatch):
    verify_backup(create_backup(place, SCOPE, migration_id="first"))
    conn.execute("insert into genes values (11)")
    monkeypatch.setattr(in_bucket, "LARGEST_COPY", 1)
    assert create_backup(place, SCOPE, migration_id="second").legacy_from is None


@pytest.mark.parametrize(
    ("damage", "failing"),
    [
        ("a byte is another one", {"checksums_match", "archives_can_be_read_whole"}),
        ("cut short", {"files_are_complete", "checksums_match", "archives_can_be_read_whole", "archives_name_every_relation"}),
        ("gone", {"files_are_complete", "checksums_match", "archives_can_be_read_whole", "archives_name_every_relation"}),
    ],
)
def test_a_file_that_was_damaged_there_is_found(place, bucket_server, prefix, damage, failing):
    manifest = create_backup(place, SCOPE, migration_id="first")
    verify_backup(manifest)
    path = f"{prefix}/first/legacy.dump"
    content = object_store(place.backup.location).read("first/legacy.dump")
    if damage == "gone":
        bucket_server.remove(path)
    else:
        bucket_server.put(path, content[:40] if damage == "cut short" else content[:-1] + bytes([content[-1] ^ 1]))
    found = {f.name for f in verify_backup(manifest) if not f.passed}
    assert found & failing
    assert "checksums_match" in found
    assert not is_verified(manifest)


def test_a_broken_manifest_is_not_listed(place, bucket_server, prefix):
    create_backup(place, SCOPE, migration_id="first")
    bucket_server.put(f"{prefix}/other/manifest.json", b"{}")
    bucket_server.put(f"{prefix}/notes.txt", b"not a backup")
    assert [m.migration_id for m in list_backups(place_of(place))] == ["first"]
    with pytest.raises(BackupError, match="The manifest of the backup is broken"):
        read_backup(place_of(place), "other")
    with pytest.raises(BackupError, match="There is no backup to read"):
        read_backup(place_of(place), "nothing")


def test_names_that_are_taken_are_not_used(place, bucket_server, prefix):
    create_backup(place, SCOPE, migration_id="first")
    bucket_server.put(f"{prefix}/first_2/legacy.dump", b"of an upload")
    assert free_name(place_of(place), "first") == "first_3"
    with pytest.raises(BackupError, match="There is a backup first already"):
        create_backup(place, SCOPE, migration_id="first")


CHILD = """
import json, sys, time
from mediabase_assets import backup
from mediabase_assets.backup import object_store
from mediabase_assets.settings.load import load_settings
write = object_store.ObjectStore.write
def slow(self, path, content):
    if path.endswith("relations.dump"):
        print("uploading", flush=True)
        time.sleep(60)
    write(self, path, content)
object_store.ObjectStore.write = slow
home, name, location = sys.argv[1:]
settings = load_settings(home=home, database={"name": name}, backup={"location": location})
scope = backup.BackupScope(backup.RelationName("public", "cancer_transcript_base"), (backup.RelationName("public", "genes"),))
backup.create_backup(settings, scope, migration_id="killed")
"""


def test_a_killed_upload_is_no_backup_and_is_removed(place, bucket_server, prefix):
    command = [sys.executable, "-c", CHILD, str(place.home), place.database.name, place.backup.location]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "uploading\n"
        child.send_signal(signal.SIGKILL)
    assert bucket_server.names(prefix) == ["killed/legacy.dump"]
    assert list_backups(place_of(place)) == []
    bucket_server.put(f"{prefix}/theirs/legacy.dump", b"an upload of another database, which is going on")
    create_backup(place, SCOPE, migration_id="whole")  # the lock of the dead process is gone
    assert remove_unfinished(place_of(place), {"killed", "whole"}) == ["killed"]
    assert bucket_server.names(prefix) == ["theirs/legacy.dump", *(f"whole/{name}" for name in FILES)]
    assert not [path.name for path in place.backup_dir.iterdir() if path.name != ".lock"]


@pytest.mark.parametrize(
    ("who", "bucket", "what", "step"),
    [
        ("with a wrong secret", "lab", "S3 does not accept the credentials (SIGNATURE_DOES_NOT_MATCH)", "AWS_SECRET_ACCESS_KEY"),
        ("unknown", "lab", "S3 does not accept the credentials (INVALID_ACCESS_KEY_ID)", "AWS_ACCESS_KEY_ID"),
        ("reader", "lab", "The credentials do not allow it (ACCESS_DENIED)", "s3:PutObject"),
        ("writer", "no-such-bucket", "There is no such bucket (NO_SUCH_BUCKET)", "backup.location"),
        ("nobody listens", "lab", "S3 does not answer (NETWORK_CONNECTION)", "endpoint_override"),
    ],
)
def test_a_bucket_that_cannot_be_used_is_told_and_nothing_is_written(place, bucket_server, prefix, as_user, who, bucket, what, step):
    users = {"reader": bucket_server.reader, "with a wrong secret": (bucket_server.writer[0], "canary-secret"), "unknown": ("AKIAX", "x")}
    as_user(users.get(who, bucket_server.writer))
    url = bucket_server.location(prefix, bucket)
    url = url.replace(f":{bucket_server.port}", f":{free_port()}") if who == "nobody listens" else url
    with pytest.raises(BackupError) as refused:
        require_usable(object_store(url))
    assert refused.value.what == f"{what}."
    assert step in refused.value.next_step
    assert url.partition("?")[0] in refused.value.where
    assert "canary-secret" not in str(refused.value)
    assert bucket_server.names(prefix) == []


def test_a_bucket_that_can_be_used_is_as_it_was_afterwards(place, bucket_server, prefix):
    require_usable(place_of(place))
    assert bucket_server.names(prefix) == []


def test_a_manifest_holds_no_credentials(place, bucket_server, prefix):
    create_backup(place, SCOPE, migration_id="first")
    manifest = object_store(place.backup.location).read("first/manifest.json").decode()
    assert json.loads(manifest)["migration_id"] == "first"
    assert not [key for key in bucket_server.writer if key in manifest]
    assert "endpoint_override" not in manifest


def test_the_tables_are_free_while_it_is_uploaded(conn, place, monkeypatch):
    locks = []

    def upload(store, folder, manifest, report):
        with psycopg.connect(conn.info.dsn) as other:
            query = "select count(*) from pg_locks where relation = %s::regclass and pid <> pg_backend_pid()"
            locks.append(other.execute(query, (TABLE,)).fetchone()[0])
        return manifest

    monkeypatch.setattr(in_bucket, "upload", upload)
    create_backup(place, SCOPE, migration_id="first")
    assert locks == [0]
