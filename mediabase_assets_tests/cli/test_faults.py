"""Every command with real faults in its way: each ends in words and the right code, never in a traceback or with a password."""

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest
from psycopg import sql

from mediabase_assets.postgres.embedded import server
from mediabase_assets_tests.cli.relay import Relay

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
CANARY = "C4n4ry-Hush"
#: Whether a server goes away at every part of a command that is listed, or at one of them.
IS_THOROUGH = "MEDIABASE_FAULT_POINTS" in os.environ
FORBID = """
create or replace function public.forbid() returns event_trigger language plpgsql as $$
begin
  if current_setting('application_name') = {} then
    raise exception using errcode = {}, message = 'this is forbidden here';
  end if;
end $$"""
UNEXPECTED = re.compile(r"Something unexpected happened: .+\n +where: .+\n +next:  Send (\S+) to the maintainers")


def words(value):
    """A command as the name of a test."""
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def some(*parts):
    """The parts of a command's messages after which its server goes away."""
    return parts if IS_THOROUGH else (parts[len(parts) // 2],)


@pytest.fixture(scope="module")
def migrated(project):
    """A project whose small demonstration was migrated."""
    done = project.migrate("--demo", "--demo-transcripts", "1500")
    assert done.code == 0, done.out + done.err
    return project


def assert_told(done, code=1):
    """The command failed with a sentence and a next step, and without what nobody should read."""
    said = done.out + done.err
    assert done.code == code, said
    assert re.search(r"^ *next: +\S", said, re.M) or "To continue: run" in said, said
    for word in ("Traceback", "DagsterExecution", CANARY, "Exception ignored", 'File "'):
        assert word not in said
    return said


def told_of_nothing_secret(home):
    """No file that a command wrote has the password; neither the details of errors nor logs and configuration."""
    files = [f for f in home.rglob("*") if f.is_file() and "postgres" not in f.relative_to(home).parts]
    assert files
    assert [f for f in files if CANARY.encode() in f.read_bytes()] == []


# -- a server that goes away


@pytest.fixture(scope="module")
def relayed(migrated):
    """The same server behind a socket that can be cut off, with a home of its own."""
    folder = Path(tempfile.mkdtemp(prefix="mediabase-relay-"))
    relay = Relay(server.status(migrated.home).address.socket_dir / ".s.PGSQL.5432", folder)
    file = folder / "config.yaml"
    file.write_text(f"max_retry_attempts: 0\ndatabase: {{host: {folder}, user: postgres, name: mediabase, password: {CANARY}}}\n")
    try:
        yield lambda *arguments: migrated.run(*arguments, MEDIABASE_HOME=str(folder / "home"), MEDIABASE_CONFIG=str(file)), relay
        told_of_nothing_secret(folder / "home")
    finally:
        relay.close()
        shutil.rmtree(folder)


def newest(project):
    return str(project.value("select max(migration_id) from mediabase_ops.releases"))


@pytest.mark.parametrize(
    ("command", "parts"),
    [
        (("status",), some(0, 0.2, 0.5, 0.8)),
        (("status", "--watch"), some(0.1, 0.6)),
        (("db", "status"), some(0, 0.5)),
        (("migrate", "--skip-confirmation"), some(0, 0.1, 0.5, 0.9)),
        (("rollback", "19990101_000000", "--skip-confirmation"), some(0, 0.5)),
    ],
    ids=words,
)
def test_a_server_that_goes_away_at_any_message_is_told(relayed, command, parts):
    run, relay = relayed
    relay.pass_on()
    run(*command)  # another test may have left something to do; the second run has as many messages as the one that is cut off
    relay.pass_on()
    run(*command)
    messages = relay.seen
    for part in parts:
        relay.cut_after(int(messages * part))
        said = assert_told(run(*command))
        assert re.search(r"server|connection|session", said)


@pytest.mark.parametrize(("option", "parts"), [("--dry-run", some(0.3, 0.9)), ("--test-only", some(0.2, 0.6))])
def test_a_rehearsal_whose_session_is_cut_off_is_told(relayed, migrated, option, parts):
    run, relay = relayed
    relay.pass_on()
    run("migrate", "--skip-confirmation")  # what another test may have left to do
    relay.pass_on()
    assert run("migrate", option).code == 0
    messages = relay.seen
    for part in parts:
        relay.cut_after(int(messages * part), only_one=True)
        done = run("migrate", option)
        assert done.code in (0, 1)  # 0: a session that only looks on is opened again
        if done.code:
            assert re.search(r"next:|failed:", done.out + done.err)
    relay.pass_on()
    assert run("migrate", option).code == 0  # what was left is dropped


# -- each step of a migration


@contextlib.contextmanager
def forbidden(project, application, state):
    """An event trigger that refuses what sessions of that name would create, with a SQLSTATE."""
    with project.connect() as conn:
        conn.execute(sql.SQL(FORBID).format(sql.Literal(application), sql.Literal(state)))
        conn.execute("create event trigger forbid on ddl_command_start execute function public.forbid()")
    try:
        yield
    finally:
        with project.connect() as conn:
            conn.execute("drop event trigger forbid; drop function public.forbid()")


@pytest.mark.parametrize(
    ("asset", "state"),
    [
        ("schema/normalized_schema", "42501"),
        ("extraction/legacy_rows", "53100"),
        ("normalized/genes", "P0001"),
        ("views/gene_summary_view", "57014"),
        ("validation/round_trip", "XX000"),
        ("release/current_release", "22P02"),
    ],
)
def test_a_step_that_the_server_refuses_is_told(migrated, asset, state):
    with forbidden(migrated, f"mediabase {asset}", state):
        said = assert_told(migrated.migrate("--everything"))
    assert re.search(rf"Failed: {asset}|Failed: extraction/legacy_", said)
    assert "this is forbidden here" in said


@pytest.mark.parametrize(
    ("application", "component"),
    [("mediabase normalized/genes", "table genes"), ("mediabase self-test sample", "kinds of damage, and a sample of each")],
)
def test_a_self_test_with_a_broken_part_names_it(migrated, application, component):
    with forbidden(migrated, application, "P0001"):
        done = migrated.run("migrate", "--test-only")
    assert done.code == 1
    assert re.search(rf"{component} +FAILED .*this is forbidden here", done.out)


# -- files and folders


@pytest.mark.parametrize(
    ("blocked", "command", "code"),
    [
        ("logs", ("migrate", "--skip-confirmation", "--everything"), 2),
        ("logs", ("migrate", "--dry-run"), 2),
        ("logs", ("migrate", "--test-only"), 1),
        ("logs", ("ui", "--port", "39181"), 2),
        ("dagster", ("migrate", "--skip-confirmation"), 2),
        ("dagster", ("status", "--watch"), 2),
        ("dagster", ("ui", "--port", "39182"), 2),
        ("reports", ("migrate", "--dry-run"), 2),
        ("backups", ("migrate", "--skip-confirmation", "--everything"), 1),
        ("backups", ("status",), 0),
    ],
    ids=words,
)
def test_a_file_where_a_folder_belongs_is_told(migrated, blocked, command, code):
    place, aside = migrated.home / blocked, migrated.home / f"{blocked}-aside"
    if place.exists():
        place.rename(aside)
    place.write_text("in the way")
    try:
        done = migrated.run(*command)
        if code:
            assert_told(done, code)
        assert done.code == code
    finally:
        place.unlink()
        if aside.exists():
            aside.rename(place)


# -- what the project keeps in the database


@contextlib.contextmanager
def changed(project, there, back):
    """A statement and, afterwards, the one that undoes it."""
    with project.connect() as conn:
        conn.execute(there)
    try:
        yield
    finally:
        with project.connect() as conn:
            conn.execute(back)


@pytest.mark.parametrize(
    "command",
    [("status",), ("migrate", "--skip-confirmation", "--everything"), ("migrate", "--dry-run"), ("rollback", "x", "--skip-confirmation")],
    ids=words,
)
def test_a_column_of_the_records_that_somebody_renamed_is_told_with_details(migrated, command):
    there = "alter table mediabase_ops.releases rename column released_at to gone"
    with changed(migrated, there, "alter table mediabase_ops.releases rename column gone to released_at"):
        done = migrated.run(*command, MB_POSTGRES_PASSWORD=CANARY)
    if done.code == 0:
        assert command[1:] == ("--dry-run",)  # which has records of its own
        return
    said = assert_told(done)
    found = UNEXPECTED.search(said)
    if found:
        assert "UndefinedColumn" in Path(found[1]).read_text()
        assert CANARY not in Path(found[1]).read_text()


@pytest.mark.parametrize("command", [("status", "--watch"), ("migrate", "--skip-confirmation", "--everything")], ids=words)
def test_a_column_of_dagsters_storage_that_is_gone_is_told(migrated, command):
    with migrated.connect() as conn:
        name = f"{conn.info.dbname}_dagster"
    psql = ("db", "psql", "-v", "ON_ERROR_STOP=1", "-c")
    assert migrated.run(*psql, "alter table runs rename column status to gone", MB_POSTGRES_DB=name).code == 0
    try:
        assert_told(migrated.run(*command))
    finally:
        assert migrated.run(*psql, "alter table runs rename column gone to status", MB_POSTGRES_DB=name).code == 0
