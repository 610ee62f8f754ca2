"""Runs that nobody works on are found, those of living processes never touched; what the dead leave is removed."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

import dagster as dg
import pytest
from dagster._core.storage.tags import TagType, get_tag_type

from mediabase_assets.backup import create_backup, list_backups, verify_backup
from mediabase_assets.backup.choice import find_reusable_backup
from mediabase_assets.backup.scope import scope_of
from mediabase_assets.model.errors import MigrationLockedError
from mediabase_assets.model.workspace import Workspace
from mediabase_assets.postgres.connect import connect
from mediabase_assets.records import lock, presence
from mediabase_assets.runs import dead_runs
from mediabase_assets.runs.cleanup import remove_leftovers
from mediabase_assets.runs.dead_runs import look_at, report_orphans
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.worker import RECORD_TAG, WORKER_TAG, Life, Worker, this_worker, worker_of
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.pipeline import copies, harness

pytestmark = pytest.mark.pg
#: The asset of which Dagster is not told, and what notes that a run made it.
SCHEMA = dg.AssetKey(["schema", "normalized_schema"])
MADE = "update mediabase_ops.asset_state set run_id = %s where asset = 'schema/normalized_schema'"


@pytest.fixture
def place(template, fault_home):
    with copies.copy_of(template, fault_home, on_disk=True) as this:
        yield this


@dg.job
def nothing():
    pass


def made(this, worker=None, status=dg.DagsterRunStatus.STARTED):
    """A run in that status, of that process."""
    run_id = str(uuid.uuid4())
    tags = {} if worker is None else replace(worker, run_id=run_id).as_tags()
    run = this.instance.create_run_for_job(nothing, run_id=run_id, status=status, tags=tags)
    return run.run_id


def status_of(this, run_id):
    return this.instance.get_run_by_id(run_id).status


def of_the_dead():
    """A process that ended just now."""
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    worker = replace(this_worker("x"), pid=child.pid)
    child.wait()
    return worker


def test_a_run_of_a_dead_process_is_reported_failed_and_one_of_a_living_process_is_not(place):
    alive, dead, waiting = made(place, this_worker("x")), made(place, of_the_dead()), made(place, status=dg.DagsterRunStatus.NOT_STARTED)
    found = report_orphans(place.instance, place.settings)
    assert [o.run_id for o in found] == [dead]
    assert "was killed: process" in found[0].sentence
    assert status_of(place, dead) is dg.DagsterRunStatus.FAILURE
    assert status_of(place, alive) is dg.DagsterRunStatus.STARTED
    assert status_of(place, waiting) is dg.DagsterRunStatus.NOT_STARTED
    assert report_orphans(place.instance, place.settings) == []


def run_that_died(this):
    """A run of a process that ended just now, of a project in which another run made an asset."""
    this.migrate("legacy/cancer_transcript_base", "schema/normalized_schema")
    return made(this, of_the_dead())


def test_what_the_dead_were_committing_when_they_died_is_told_too(place):
    dead = run_that_died(place)
    with place.connect() as committing, ThreadPoolExecutor() as pool, committing.transaction():
        committing.execute(MADE, (dead,))
        report = pool.submit(report_orphans, place.instance, place.settings)
        with place.connect() as watching:
            waits = "select exists (select from pg_locks where relation = 'mediabase_ops.asset_state'::regclass and not granted)"
            while not watching.execute(waits).fetchone()[0]:
                assert not report.done()
    assert [orphan.run_id for orphan in report.result()] == [dead]
    event = place.instance.get_latest_materialization_event(SCHEMA)
    assert f"built by run {dead}" in event.asset_materialization.metadata["how"].value


def test_an_event_that_came_to_the_log_of_the_run_and_not_to_the_record_of_the_asset_is_told_again(place, monkeypatch):
    """Dagster writes the two one after the other; a kill between them left an asset that nobody knew to be made."""
    dead = run_that_died(place)
    event = place.instance.get_latest_materialization_event(SCHEMA).dagster_event
    with monkeypatch.context() as patch:
        patch.setattr(type(place.instance.event_log_storage), "index_transaction", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            place.instance.report_dagster_event(event, dead)
    with place.connect() as conn:
        conn.execute(MADE, (dead,))
    logged = place.instance.all_logs(dead, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    assert [entry.dagster_event.asset_key for entry in logged] == [SCHEMA]
    assert [orphan.run_id for orphan in report_orphans(place.instance, place.settings)] == [dead]
    told = place.instance.get_latest_materialization_event(SCHEMA).asset_materialization
    assert f"built by run {dead}" in told.metadata["how"].value


@pytest.mark.parametrize(
    ("change", "life"),
    [
        ({}, Life.ALIVE),
        ({"began": 1.0}, Life.DEAD),
        ({"boot": "another -"}, Life.DEAD),
        ({"host": "elsewhere"}, Life.ELSEWHERE),
    ],
    ids=["this one", "another of its number", "before the machine started", "another machine"],
)
def test_whether_a_process_lives(change, life):
    assert replace(this_worker("x"), **change).life is life


def test_another_container_of_the_same_name_cannot_be_looked_into():
    mine = this_worker("x")
    assert replace(mine, boot=f"{mine.boot.split()[0]} pid:[1]", pid=999999).life is Life.ELSEWHERE


def test_a_run_does_not_inherit_the_process_of_the_run_that_it_repeats():
    tags = Worker("parent", socket.gethostname(), "b", os.getpid(), 1.0).as_tags()
    assert worker_of("child", tags) is None
    assert worker_of("parent", tags) is not None
    assert worker_of("parent", {RECORD_TAG: json.dumps({"x": 1})}) is None


def test_the_process_of_a_run_that_an_older_release_began_is_still_known():
    worker = this_worker("x")
    old = {WORKER_TAG: json.dumps(asdict(worker))}
    assert worker_of("x", old) == worker
    assert worker_of("x", replace(worker, run_id="parent").as_tags() | old) == worker  # it re-executes a run of this release


def test_the_runs_page_shows_the_process_as_a_phrase_and_no_record_of_it(place):
    run = place.instance.get_run_by_id(made(place, this_worker("x")))
    shown = {tag: value for tag, value in run.tags.items() if get_tag_type(tag) is not TagType.HIDDEN}
    assert shown[WORKER_TAG] == f"process {os.getpid()} on {socket.gethostname()}"
    assert not [value for value in shown.values() if value.startswith("{")]
    assert worker_of(run.run_id, run.tags).pid == os.getpid()


def test_a_run_elsewhere_is_dead_without_session_and_events_only(place, monkeypatch):
    elsewhere = replace(this_worker("x"), host="elsewhere")
    silent, working = made(place, elsewhere), made(place, elsewhere)
    assert report_orphans(place.instance, place.settings) == []  # they were heard of just now
    monkeypatch.setattr(dead_runs, "SILENCE", 0.0)
    lock.hold_migration_lock(place.settings, working)
    try:
        assert [o.run_id for o in report_orphans(place.instance, place.settings)] == [silent]
    finally:
        lock.release_migration_lock(working)


def test_a_run_elsewhere_without_a_lock_is_alive_as_long_as_its_session_shows_it(place, monkeypatch):
    monkeypatch.setattr(dead_runs, "SILENCE", 0.0)
    elsewhere = made(place, replace(this_worker(""), host="another-container"))
    presence.show_presence(place.settings, elsewhere)
    assert report_orphans(place.instance, place.settings) == []
    with lock_of(place, elsewhere):
        assert sessions_of(place, elsewhere) == ["migration"]  # one session is enough
        assert report_orphans(place.instance, place.settings) == []
    presence.show_presence(place.settings, elsewhere)
    presence.show_presence(place.settings, elsewhere)
    assert sessions_of(place, elsewhere) == ["worker"]
    presence.end_presence(elsewhere)
    assert [orphan.run_id for orphan in eventually(lambda: report_orphans(place.instance, place.settings))] == [elsewhere]


def test_a_run_that_takes_no_lock_shows_that_it_is_alive(place):
    seen = []

    @dg.op(required_resource_keys={"mediabase"})
    def looks(context):
        seen.extend(sessions_of(place, context.run_id))

    @dg.job(resource_defs={"mediabase": Mediabase.bound_to(place.settings)})
    def silent():
        looks()

    done = silent.execute_in_process(instance=place.instance)
    assert (done.success, seen) == (True, ["worker"])
    assert eventually(lambda: not sessions_of(place, done.run_id))


def test_a_run_does_not_fail_where_no_session_can_be_opened(place):
    nowhere = load_settings(home=place.settings.home, database={"host": "127.0.0.1", "port": 1})
    presence.show_presence(nowhere, "of-nobody")
    presence.end_presence("of-nobody")
    assert sessions_of(place, "of-nobody") == []


@contextlib.contextmanager
def lock_of(this, run_id):
    lock.hold_migration_lock(this.settings, run_id)
    try:
        yield
    finally:
        lock.release_migration_lock(run_id)


def sessions_of(this, run_id):
    """What the sessions that are named after a run are for."""
    query = "select split_part(application_name, ' ', 2) from pg_stat_activity where application_name like %s order by 1"
    with connect(this.settings, autocommit=True) as conn:
        return conn.values(query, f"mediabase % {run_id}")


def eventually(look):
    """What a look finds; the server may show a session for a moment after it was closed."""
    end = time.monotonic() + 10
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def test_the_lock_of_a_dead_run_is_waited_for_and_that_of_a_living_one_refused_with_its_name(place):
    dead, alive = made(place, of_the_dead()), made(place, this_worker("x"))
    with connect(place.settings, autocommit=True, application_name=f"mediabase migration {dead}") as conn:
        assert lock._try_lock(conn, place.settings)
        conn.execute("select pg_sleep(0)")
        ends = time.monotonic() + 1.5
        conn.execute("set statement_timeout = 0")

        def look(run_id):
            if time.monotonic() > ends:
                conn.close()  # the server has noticed
            return look_at(place.instance)(run_id)

        lock.hold_migration_lock(place.settings, "next", look=look)
    lock.release_migration_lock("next")
    lock.hold_migration_lock(place.settings, alive)
    try:
        began = time.monotonic()
        with pytest.raises(MigrationLockedError, match=rf"process {os.getpid()} on {socket.gethostname()}"):
            lock.hold_migration_lock(place.settings, "next", look=look_at(place.instance))
        assert time.monotonic() - began < 5
    finally:
        lock.release_migration_lock(alive)


def test_what_killed_runs_left_is_removed_and_told(place):
    folder = place.settings.backup_dir
    (folder / ".incomplete-20260101_000000").mkdir(parents=True)
    with place.connect() as conn:
        for schema in ("mediabase_rehearsal", "mediabase_successors", "mediabase_round_trip_999999999", "mediabase_next", "mediabase_ops"):
            conn.execute(f"create schema {schema}")
        conn.execute(f"create schema mediabase_round_trip_{conn.info.backend_pid}")
        conn.execute("create table mediabase_ops.built_relations (relation text, row_count bigint, is_live boolean)")
        conn.execute("insert into mediabase_ops.built_relations values ('genes', 0, false)")
        conn.execute("create table mediabase_next.genes (); create table mediabase_next.half (); create table mediabase_next.used ()")
        conn.execute("create view public.of_somebody as select from mediabase_next.used")
        told = remove_leftovers(place.settings, "a-test")
        assert sorted(told) == [
            "the half-built mediabase_next.half",
            "the schema mediabase_rehearsal",
            "the schema mediabase_round_trip_999999999",
            "the schema mediabase_successors",
            "the unfinished backup incomplete-20260101_000000",
        ]
        assert copies.relations(place, "mediabase_next") == {"genes", "used"}
        assert remove_leftovers(place.settings, "a-test") == []


def test_nothing_is_removed_while_a_migration_runs(place):
    (place.settings.backup_dir / ".incomplete-x").mkdir(parents=True)
    lock.hold_migration_lock(place.settings, "a-run")
    try:
        assert remove_leftovers(place.settings, "a-test") == []
    finally:
        lock.release_migration_lock("a-run")
    assert remove_leftovers(place.settings, "a-test") == ["the unfinished backup incomplete-x"]


def backed_up(this, name):
    manifest = create_backup(this.settings, scope_of(this.settings, Workspace()), migration_id=name)
    verify_backup(manifest)
    return manifest


def reusable(this):
    with this.connect() as conn:
        return find_reusable_backup(conn, this.settings)


@pytest.mark.parametrize("damage", ["truncated", "missing", "no verification"])
def test_a_backup_that_a_power_failure_damaged_is_never_used_and_the_same_migration_makes_a_new_one(place, damage):
    manifest = backed_up(place, "20260101_000000")
    assert reusable(place) is not None
    file = manifest.folder / manifest.files[0].name
    if damage == "truncated":
        os.truncate(file, file.stat().st_size // 2)
    elif damage == "missing":
        file.unlink()
    else:
        (manifest.folder / "verification.json").unlink()
    assert reusable(place) is None
    again = backed_up(place, "20260101_000000")
    assert reusable(place) is not None
    assert [m.folder for m in list_backups(place.settings.backup_dir)] == [again.folder]


def test_every_run_says_which_process_works_on_it(place):
    with contextlib.suppress(AssertionError):
        place.migrate("legacy/cancer_transcript_base")
    run = place.runs[-1].dagster_run
    found = worker_of(run.run_id, place.instance.get_run_by_id(run.run_id).tags)
    assert found is not None
    assert found.pid == os.getpid()
    assert harness.executed(place.runs[-1]) == {"legacy/cancer_transcript_base"}
