"""`mediabase migrate` and `mediabase status` from end to end, on a small demonstration."""

import os
import pty
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from mediabase_assets.model.stages import Stage
from mediabase_assets.model.tables import TABLES
from mediabase_assets_tests.spoiling import BAD, spoiled

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
TRANSCRIPTS = 2000
LIVE = "select string_agg(relation || content_hash, ' ' order by relation) from mediabase_ops.release_relations where release_id = (select max(release_id) from mediabase_ops.releases)"  # noqa: E501


@pytest.fixture(scope="module")
def first(project):
    """What the newcomer's command said."""
    done = project.migrate("--demo", "--demo-transcripts", str(TRANSCRIPTS))
    assert done.code == 0, done.out + done.err
    return done


@pytest.fixture
def migrated(project, first):
    """A project whose demonstration was migrated."""
    return project


def test_it_tells_the_plan_the_stages_the_tables_and_the_accounts(first):
    assert "The plan" in first.out
    assert "2,000 transcripts, generated as public.cancer_transcript_base" in first.out
    for stage in Stage:
        assert stage.title in first.out
    for table in TABLES:
        assert re.search(rf"^{table.name} +[\d,]+", first.out, re.M), table.name
    assert "A better gene holds the same symbol" in first.out  # the sentence of a reason
    assert re.search(r"All \d+ accounts balance", first.out)
    assert "mediabase db psql" in first.out
    assert first.err == ""


def test_the_query_that_it_recommends_answers(migrated, first):
    query = first.out[first.out.index("select g.gene_symbol") :]
    done = migrated.run("db", "psql", "-Atc", query)
    assert done.code == 0, done.err
    assert done.out.startswith("TP53|")


def test_a_second_run_has_nothing_to_do(migrated):
    assert migrated.migrate().code == 0  # whatever another test left to do
    before, runs = migrated.value(LIVE), migrated.value("select count(*) from mediabase_ops.migration_runs")
    done = migrated.migrate("--demo")
    assert done.code == 0, done.out + done.err
    assert "exists already, 2,000 transcripts; used as it is" in done.out
    assert "Nothing to do: every asset is up to date with the legacy table, the code and the settings, and as released." in done.out
    assert migrated.value(LIVE) == before
    assert migrated.value("select count(*) from mediabase_ops.migration_runs") == runs


def test_everything_can_be_made_again(migrated):
    before = migrated.value(LIVE)
    done = migrated.migrate("--everything")
    assert done.code == 0, done.out + done.err
    assert "everything was asked for" in done.out
    newest = "(select max(release_id) from mediabase_ops.releases)"
    changed = f"select sum(inserted + updated + deleted) from mediabase_ops.release_relations where release_id = {newest}"
    assert migrated.value(changed) == 0
    assert migrated.value(LIVE) == before


def test_a_demonstration_of_another_size_is_refused(migrated):
    done = migrated.migrate("--demo", "--demo-transcripts", "3000")
    assert done.code == 1
    assert "demonstration with 2,000 transcripts" in done.err


def test_status_tells_records_stages_runs_releases_and_backups(migrated):
    done = migrated.run("status")
    assert done.code == 0, done.err
    assert re.search(r"public\.cancer_transcript_base +2,000 ", done.out)
    for table in TABLES:
        assert re.search(rf"public\.{table.name} +[\d,]+", done.out), table.name
    for text in ("Stages of migration", "Last migrations", "Releases", "Backups", "8 Table Population", "released"):
        assert text in done.out


def test_a_failed_audit_names_asset_check_and_row_and_changes_nothing(migrated):
    victim = migrated.value("select transcript_id from transcripts where chromosome is not null order by 1 limit 1")
    before = migrated.value(LIVE)
    with spoiled(migrated.connect, [victim]):
        done = migrated.migrate()
        assert done.code == 1
        assert "Failed: normalized/transcripts" in done.out
        for text in ("every_row_fits_its_model", BAD, victim, "everything that people read is as it was", ".log"):
            assert text in done.out
        assert "DagsterExecution" not in done.out
        assert migrated.value(LIVE) == before
        status = migrated.run("status").out
        assert re.search(r"8 Table Population +failed", status)
    assert migrated.migrate().code == 0
    assert migrated.value(LIVE) == before


def test_what_is_missing_is_said_before_the_plan_and_promises_no_backup(migrated):
    """An empty legacy table, and another migration that is running: one error each, without a plan, a question or a failed stage."""
    before = migrated.value("select count(*) from mediabase_ops.migration_runs")
    with migrated.connect() as conn:
        conn.execute("create schema elsewhere; create table elsewhere.cancer_transcript_base (like public.cancer_transcript_base)")
        empty = migrated.run("migrate", "--skip-confirmation", MB_POSTGRES_SCHEMA="elsewhere")
        conn.execute("drop schema elsewhere cascade")
    with lock_of_another_run(migrated):
        second = migrated.run("migrate", "--skip-confirmation", "--everything")
    assert (empty.code, second.code) == (1, 1)
    assert empty.err.count("elsewhere.cancer_transcript_base is empty") == 1
    assert second.err.count("Another migration of this database is running") == 1
    for word in ("Backup", "Written to", "Failed", "Stage"):
        assert word not in empty.out + second.out
    assert migrated.value("select count(*) from mediabase_ops.migration_runs") == before


@contextmanager
def lock_of_another_run(project):
    """Another process that holds the lock of migrations, as a run does that is going on."""
    code = (
        "import sys; from mediabase_assets.records import lock; from mediabase_assets.settings.load import load_settings;"
        "lock.hold_migration_lock(load_settings(), 'somebody', lock.Purpose.MIGRATION); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code], env=project.environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )  # fmt: skip
    try:
        assert holder.stdout.readline() == "held\n"
        yield
    finally:
        holder.communicate("")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_with_130_publishes_nothing_and_is_told(migrated, number):
    before = migrated.value(LIVE)
    working = "select exists (select from pg_stat_activity where application_name like 'mediabase extraction/%')"
    done = migrated.interrupt_when(lambda: migrated.value(working), number, "migrate", "--skip-confirmation", "--everything")
    assert done.code == 130, done.out + done.err
    assert "Interrupted" in done.out
    assert "Nothing was published" in done.out
    assert migrated.value(LIVE) == before
    assert "interrupted" in migrated.run("status").out
    left = "select count(*) from pg_stat_activity where application_name like 'mediabase %' and pid <> pg_backend_pid()"
    assert migrated.value(left) == 0


@pytest.mark.parametrize(("answer", "code"), [("n\n", 1), ("\n", 1)])
def test_it_asks_and_no_means_no(migrated, answer, code):
    master, slave = pty.openpty()
    before = migrated.value("select count(*) from mediabase_ops.migration_runs")
    command = [sys.executable, "-m", "mediabase_assets.cli", "migrate", "--symbol-conflicts", "qualify"]
    process = subprocess.Popen(command, env=migrated.environment, stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    os.write(master, answer.encode())
    out, err = process.communicate(timeout=60)
    os.close(master)
    os.close(slave)
    assert process.returncode == code, err
    assert "SYMBOL@GENE_ID" in out
    assert "Nothing was changed" in out
    assert migrated.value("select count(*) from mediabase_ops.migration_runs") == before
