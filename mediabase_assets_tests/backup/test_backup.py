import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from mediabase_assets.backup import (
    FINDINGS,
    BackupScope,
    RelationName,
    create_backup,
    current_state,
    find_reusable,
    is_verified,
    list_backups,
    read_manifest,
    verify_backup,
)
from mediabase_assets.legacy.files import load_legacy_file
from mediabase_assets.model.errors import BackupError
from mediabase_assets.postgres.connect import client_tool, connect, libpq_env
from mediabase_assets.postgres.content_hash import content_hash, physical_fingerprint
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.fixtures.legacy_files import TABLE, legacy_rows, write_parquet

pytestmark = pytest.mark.pg

LEGACY = RelationName("public", TABLE)
SCOPE = BackupScope(
    LEGACY,
    relations=(RelationName("public", "genes"), RelationName("public", "gene_view"), RelationName("public", "absent")),
    schemas=("mediabase_ops", "absent"),
)
SETUP = f"""
    create table {TABLE} (transcript_id text primary key, gene_id text, drugs jsonb default '{{}}');
    insert into {TABLE} select 'T' || i, 'G' || i / 3, jsonb_build_object('d', i) from generate_series(1, 200) i;
    create index on {TABLE} using gin (drugs);
    comment on table {TABLE} is 'old';
    grant select on {TABLE} to pg_monitor;
    create view gene_id_lookup as select transcript_id, gene_id from {TABLE};
    create view on_top as select count(*) from gene_id_lookup;
    create table genes (id int generated always as identity primary key, name text, created_at timestamptz);
    insert into genes (name) select 'g' || i from generate_series(1, 10) i;
    create table "odd "" name" (a int references genes); insert into "odd "" name" values (1), (2);
    create materialized view gene_view as select id, name from genes; create unique index on gene_view (id);
    create table unrelated (a int);
    create schema mediabase_ops; create type mediabase_ops.state as enum ('a');
    create table mediabase_ops.runs (id int, state mediabase_ops.state); insert into mediabase_ops.runs values (1, 'a');
"""


@pytest.fixture
def filled(conn):
    conn.execute(SETUP)
    return conn


def names(manifest, file):
    return [str(r.relation) for r in manifest.relations if r.file == file]


def left_in(directory):
    return sorted(path.name for path in directory.iterdir() if path.name != ".lock") if directory.exists() else []


def test_a_backup_holds_everything_in_reach(filled, settings):
    scope = BackupScope(LEGACY, (*SCOPE.relations, RelationName("public", 'odd " name')), SCOPE.schemas)
    told = []
    manifest = create_backup(settings, scope, migration_id="20260101_a", progress=told.append)
    assert names(manifest, "legacy.dump") == [f"public.{TABLE}"]
    assert names(manifest, "relations.dump") == [
        "public.gene_id_lookup",
        "public.gene_view",
        "public.genes",
        'public.odd " name',
        "public.on_top",
    ]
    assert names(manifest, "schemas.dump") == ["mediabase_ops.runs"]
    assert read_manifest(settings.backup_dir / "20260101_a") == manifest
    assert list_backups(settings.backup_dir) == [manifest]
    assert left_in(settings.backup_dir) == ["20260101_a"]
    legacy = manifest.legacy_relation
    assert (legacy.rows, legacy.content_hash) == content_hash(filled, *LEGACY)
    assert manifest.database == settings.database.name
    assert manifest.size_bytes == sum(file.stat().st_size for file in manifest.folder.glob("*.dump"))
    assert told
    findings = verify_backup(manifest)
    assert [(f.name, f.passed) for f in findings] == [(name, True) for name in FINDINGS]
    assert findings[-1].examined["rows"][f"public.{TABLE}"] == 200
    assert findings[-1].examined["rows"]['public.odd " name'] == 2
    assert is_verified(manifest)


def test_what_was_backed_up_can_be_restored(filled, settings, tmp_path):
    """The archives, not a program of ours: restored by pg_restore alone, into an empty database."""
    manifest = create_backup(settings, SCOPE, migration_id="m")
    expected = {r.relation: r for r in manifest.relations}
    filled.execute("drop schema public cascade; drop schema mediabase_ops cascade; create schema public")
    for file in manifest.files:
        command = [client_tool("pg_restore"), "-e", "-d", settings.database.name, manifest.folder / file.name]
        subprocess.run(command, env=libpq_env(settings), check=True, capture_output=True)
    for name, relation in expected.items():
        if relation.content_hash:
            assert content_hash(filled, *name) == (relation.rows, relation.content_hash)
    assert filled.execute("select * from on_top").fetchone() == (200,)
    assert filled.execute(f"select count(*) from pg_indexes where tablename = '{TABLE}'").fetchone() == (2,)
    assert filled.execute(f"select obj_description('{TABLE}'::regclass)").fetchone() == ("old",)
    assert filled.execute(f"select has_table_privilege('pg_monitor', '{TABLE}', 'select')").fetchone() == (True,)


def test_a_backup_of_the_legacy_table_alone_loads_as_a_legacy_file(conn, settings, tmp_path):
    load_legacy_file(conn, write_parquet(tmp_path / "x", legacy_rows()))
    manifest = create_backup(settings, BackupScope(LEGACY), migration_id="m")
    load_legacy_file(conn, manifest.folder / "legacy.dump", schema="again")
    assert content_hash(conn, "again", TABLE) == content_hash(conn, "public", TABLE)


def test_one_snapshot(filled, settings):
    """What others write while the backup runs is in none of its parts."""
    before = content_hash(filled, *LEGACY)

    def write(sentence):
        filled.execute(f"insert into {TABLE} values (gen_random_uuid()::text)")
        filled.execute("insert into genes (name) values ('late')")

    manifest = create_backup(settings, SCOPE, migration_id="m", progress=write)
    assert (manifest.legacy_relation.rows, manifest.legacy_relation.content_hash) == before
    assert all(finding.passed for finding in verify_backup(manifest))
    assert {str(r.relation): r.rows for r in manifest.relations}["public.genes"] == 10


def test_partitions_are_held_too(conn, settings):
    conn.execute(f"""create table {TABLE} (transcript_id text, gene_id text) partition by hash (transcript_id);
        create table p0 partition of {TABLE} for values with (modulus 2, remainder 0);
        create table p1 partition of {TABLE} for values with (modulus 2, remainder 1);
        insert into {TABLE} select i from generate_series(1, 50) i""")
    manifest = create_backup(settings, BackupScope(LEGACY), migration_id="m")
    assert sum(r.rows or 0 for r in manifest.relations) == 50
    assert all(finding.passed for finding in verify_backup(manifest))


def reusable(filled, settings, **options):
    return find_reusable(settings.backup_dir, current_state(filled, SCOPE), **options)


def test_an_unchanged_database_needs_no_second_backup(filled, settings):
    assert reusable(filled, settings) is None
    first = create_backup(settings, SCOPE, migration_id="first")
    assert reusable(filled, settings) is None  # nobody has verified it
    verify_backup(first)
    assert reusable(filled, settings) == first
    second = create_backup(settings, SCOPE, migration_id="second")
    verify_backup(second)
    assert reusable(filled, settings) == second
    (second.folder / "legacy.dump").unlink()
    assert reusable(filled, settings) == first


@pytest.mark.parametrize(
    "change",
    [
        f"update {TABLE} set gene_id = gene_id where transcript_id = 'T1'",
        f"alter table {TABLE} add note text",
        "delete from genes where id = 10",
        "update genes set name = 'x' where id = 1; refresh materialized view gene_view",
        "create or replace view public.on_top as select count(*) from gene_id_lookup where gene_id is not null",
        "create view public.another as select * from gene_id_lookup",
        "drop materialized view gene_view",
        "insert into mediabase_ops.runs values (2)",
    ],
)
def test_any_change_needs_a_new_backup(filled, settings, change):
    verify_backup(create_backup(settings, SCOPE, migration_id="m"))
    filled.execute(change)
    assert reusable(filled, settings) is None
    ops_only = "mediabase_ops" in change
    assert (reusable(filled, settings, ignored_schemas={"mediabase_ops"}) is not None) == ops_only


def test_another_database_is_another_database(filled, settings):
    verify_backup(create_backup(settings, SCOPE, migration_id="m"))
    state = current_state(filled, SCOPE)
    assert find_reusable(settings.backup_dir, state) is not None
    assert find_reusable(settings.backup_dir, state._replace(database="other")) is None


def damage_byte(folder):
    content = bytearray((folder / "legacy.dump").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (folder / "legacy.dump").write_bytes(content)


def cut(folder):
    content = (folder / "legacy.dump").read_bytes()
    (folder / "legacy.dump").write_bytes(content[: len(content) // 2])


def swap(folder):
    shutil.copy(folder / "schemas.dump", folder / "legacy.dump")


def empty_manifest_rows(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    for relation in manifest["relations"]:
        relation["rows"] = 7 if relation["name"] == TABLE else relation["rows"]
    (folder / "manifest.json").write_text(json.dumps(manifest))


ALL = set(FINDINGS)


@pytest.mark.parametrize(
    ("damage", "failing"),
    [
        (damage_byte, {"checksums_match"}),
        (cut, {"files_are_complete", "checksums_match", "archives_can_be_read_whole", "row_counts_match"}),
        (swap, {"files_are_complete", "checksums_match", "archives_name_every_relation", "row_counts_match"}),
        (lambda folder: (folder / "legacy.dump").unlink(), ALL),
        (lambda folder: (folder / "legacy.dump").write_bytes(b""), ALL),
        (empty_manifest_rows, {"row_counts_match"}),
    ],
)
def test_verification_finds_damage(filled, settings, damage, failing):
    filled.execute(f"insert into {TABLE} select 'X' || i, md5(i::text) from generate_series(1, 20000) i")
    manifest = create_backup(settings, SCOPE, migration_id="m")
    verify_backup(manifest)
    damage(manifest.folder)
    found = {f.name for f in verify_backup(read_manifest(manifest.folder)) if not f.passed}
    assert failing <= found
    assert found <= failing | {"archives_can_be_read_whole", "row_counts_match"}
    assert not is_verified(manifest)
    assert reusable(filled, settings) is None


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"format_version": 2}', "\0"])
def test_broken_manifests_are_no_backups(filled, settings, text):
    manifest = create_backup(settings, SCOPE, migration_id="m")
    (manifest.folder / "manifest.json").write_text(text)
    with pytest.raises(BackupError, match="manifest of the backup is broken"):
        read_manifest(manifest.folder)
    assert list_backups(settings.backup_dir) == []
    with pytest.raises(BackupError, match="no backup to read"):
        read_manifest(settings.backup_dir / "nothing")


def test_a_manifest_without_the_legacy_table_is_broken(filled, settings):
    manifest = create_backup(settings, SCOPE, migration_id="m")
    record = json.loads((manifest.folder / "manifest.json").read_text())
    record["legacy"] = ["public", "other"]
    (manifest.folder / "manifest.json").write_text(json.dumps(record))
    with pytest.raises(BackupError, match="does not list the legacy table"):
        read_manifest(manifest.folder)


def test_ids_that_name_no_folder_or_one_that_is_there(filled, settings):
    for migration_id in ("", "../x", ".x", "a/b", "a b"):
        with pytest.raises(BackupError, match="cannot name a backup"):
            create_backup(settings, SCOPE, migration_id=migration_id)
    verify_backup(create_backup(settings, SCOPE, migration_id="m"))
    with pytest.raises(BackupError, match="a backup m already"):
        create_backup(settings, SCOPE, migration_id="m")
    assert left_in(settings.backup_dir) == ["m"]


def test_no_legacy_table(conn, settings):
    with pytest.raises(BackupError, match="no legacy table"):
        create_backup(settings, SCOPE, migration_id="m")
    assert left_in(settings.backup_dir) == []


def test_a_folder_that_cannot_be_made(filled, settings, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupError, match="could not be written"):
        create_backup(settings, SCOPE, migration_id="m", directory=tmp_path / "file" / "backups")


def test_no_space(filled, settings):
    """A limit of the file size stands for a full disk: both reach pg_dump as a failing write."""
    filled.execute(f"insert into {TABLE} select 'X' || i, md5(i::text) || md5(i::text || 'x') from generate_series(1, 50000) i")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(BackupError, match="no space for the backup") as told:
            create_backup(settings, SCOPE, migration_id="m")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert re.search(r": [0-9.]+ (kB|MB) were written .* [0-9,.]+ (MB|GB|TB) were free at that moment", told.value.what)
    assert "backup_dir" in told.value.next_step
    assert left_in(settings.backup_dir) == []


def test_a_really_full_disk(filled, settings, tmp_path):
    mounted = tmp_path / "disk"
    mounted.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", mounted], check=False).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        filled.execute(f"insert into {TABLE} select 'X' || i, md5(i::text) from generate_series(1, 20000) i")
        with pytest.raises(BackupError, match="no space for the backup"):
            create_backup(settings, SCOPE, migration_id="m", directory=mounted / "backups")
        assert left_in(mounted / "backups") == []
    finally:
        subprocess.run(["umount", mounted], check=True)


@pytest.fixture
def reader(filled, files_home, settings):
    """Settings of a role that is no superuser and may read the legacy table."""
    role = f"reader_{settings.database.name}"
    filled.execute(f"create role {role} login; grant select on {TABLE}, gene_id_lookup, on_top to {role}")
    host = filled.info.host
    yield load_settings(
        home=settings.home,
        backup_dir=settings.backup_dir,
        database={
            "host": host,
            "port": filled.info.port,
            "name": settings.database.name,
            "user": role,
            "password": "S3cret!",
        },
    )
    filled.execute(f"drop owned by {role}; drop role {role}")


def test_a_role_that_may_read_is_enough(reader):
    manifest = create_backup(reader, BackupScope(LEGACY), migration_id="m")
    assert all(finding.passed for finding in verify_backup(manifest))
    with connect(reader) as connection:
        assert find_reusable(reader.backup_dir, current_state(connection, BackupScope(LEGACY))) == manifest
        fingerprint = physical_fingerprint(connection, *LEGACY)
    assert fingerprint
    assert "S3cret!" not in (manifest.folder / "manifest.json").read_text()


def test_relations_that_this_role_may_not_read_are_named(reader):
    with pytest.raises(BackupError, match=r"may not read .*mediabase_ops\.runs, public\.gene_view, public\.genes") as told:
        create_backup(reader, SCOPE, migration_id="m")
    assert "GRANT SELECT" in told.value.next_step
    assert "S3cret!" not in str(told.value)
    assert left_in(reader.backup_dir) == []


def test_a_failing_hash_ends_pg_dump_and_leaves_nothing(filled, settings, monkeypatch):
    started = []
    popen = subprocess.Popen

    def remembered(*arguments, **options):
        started.append(popen(*arguments, **options))
        return started[-1]

    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("mediabase_assets.backup.create.subprocess.Popen", remembered)
    monkeypatch.setattr("mediabase_assets.backup.create.content_hash", interrupt)
    with pytest.raises(KeyboardInterrupt):
        create_backup(settings, SCOPE, migration_id="m")
    assert [process.poll() is not None for process in started] == [True]
    assert left_in(settings.backup_dir) == []


def test_a_lost_session_is_told(filled, settings, monkeypatch):
    def lose(connection, *arguments):
        filled.execute("select pg_terminate_backend(%s)", (connection.info.backend_pid,))
        return content_hash(connection, *arguments)

    monkeypatch.setattr("mediabase_assets.backup.create.content_hash", lose)
    with pytest.raises(BackupError, match="server ended the backup"):
        create_backup(settings, SCOPE, migration_id="m")
    assert left_in(settings.backup_dir) == []


CHILD = """
import sys, time
from pathlib import Path
from mediabase_assets import backup
from mediabase_assets.backup import create
from mediabase_assets.settings.load import load_settings
settings = load_settings(home=Path(sys.argv[1]), backup_dir=Path(sys.argv[2]), database={"name": sys.argv[3]})
def slow(*arguments):
    print("dumping", flush=True)
    time.sleep(60)
create.content_hash = slow
scope = backup.BackupScope(backup.RelationName("public", "cancer_transcript_base"))
backup.create_backup(settings, scope, migration_id="killed")
"""


def start_child(settings):
    arguments = [sys.executable, "-c", CHILD, settings.home, settings.backup_dir, settings.database.name]
    child = subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # a test runner that was itself started in the background ignores Ctrl-C, and so would its children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert child.stdout.readline() == b"dumping\n"
    return child


def test_a_killed_backup_is_none_and_is_tidied_away(filled, settings):
    child = start_child(settings)
    with pytest.raises(BackupError, match="Another backup is being written"):
        create_backup(settings, SCOPE, migration_id="m")
    child.kill()
    child.communicate()
    assert left_in(settings.backup_dir) == [".incomplete-killed"]
    assert list_backups(settings.backup_dir) == []
    with pytest.raises(BackupError):
        read_manifest(settings.backup_dir / ".incomplete-killed")
    create_backup(settings, SCOPE, migration_id="m")
    assert left_in(settings.backup_dir) == ["m"]


def test_ctrl_c_leaves_nothing(filled, settings):
    child = start_child(settings)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=20)
    assert child.returncode != 0
    assert left_in(settings.backup_dir) == []


def test_a_locked_table_is_waited_for(filled, settings):
    blocker = connect(settings)
    blocker.execute(f"lock table {TABLE} in access exclusive mode")
    result = []
    thread = threading.Thread(target=lambda: result.append(create_backup(settings, SCOPE, migration_id="m")))
    thread.start()
    time.sleep(0.3)
    assert not result
    blocker.execute(f"insert into {TABLE} values ('while waiting')")
    blocker.commit()
    blocker.close()
    thread.join(30)
    assert result[0].legacy_relation.rows == 201


def test_an_unchanged_legacy_table_is_not_dumped_again(filled, settings):
    first = create_backup(settings, SCOPE, migration_id="first")
    verify_backup(first)
    filled.execute("update public.genes set name = 'other' where id = 1")
    second = create_backup(settings, SCOPE, migration_id="second")
    assert (second.legacy_from, second.legacy_relation) == ("first", first.legacy_relation)
    assert (first.folder / "legacy.dump").samefile(second.folder / "legacy.dump")
    assert all(finding.passed for finding in verify_backup(second))
    shutil.rmtree(first.folder)  # the other name of the file stays
    assert all(finding.passed for finding in verify_backup(read_manifest(second.folder)))


@pytest.mark.parametrize("change", ["update {} set gene_id = 'x' where transcript_id = 'T1'", "revoke select on {} from pg_monitor"])
def test_a_legacy_table_that_changed_is_dumped_again(filled, settings, change):
    verify_backup(create_backup(settings, SCOPE, migration_id="first"))
    filled.execute(change.format(f"public.{TABLE}"))
    assert create_backup(settings, SCOPE, migration_id="second").legacy_from is None


def test_the_manifest_tells_what_a_relation_is_beside_its_rows(filled, settings):
    manifest = create_backup(settings, SCOPE, migration_id="m")
    held = {str(r.relation): r.catalogue for r in manifest.relations}
    assert held[f"public.{TABLE}"].privileges == ("pg_monitor: SELECT",)
    assert held[f"public.{TABLE}"].comments == ("old",)
    assert held["public.genes"].constraints == ("genes_pkey PRIMARY KEY (id)",)
    assert held["public.gene_view"].indexes == ("CREATE UNIQUE INDEX gene_view_id_idx ON public.gene_view USING btree (id)",)
    assert held["public.on_top"].definition[0].split() == ["SELECT", "count(*)", "AS", "count", "FROM", "public.gene_id_lookup;"]
    old = json.loads((manifest.folder / "manifest.json").read_text())
    for name in ("functions", "live_schema", "had_live_schema", "legacy_from"):
        del old[name]
    for relation in old["relations"]:
        del relation["catalogue"]
    (manifest.folder / "manifest.json").write_text(json.dumps(old))
    assert read_manifest(manifest.folder).legacy_relation.catalogue is None  # an earlier version wrote it
