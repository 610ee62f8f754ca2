"""`mediabase migrate --dry-run` and `--test-only` as a person runs them, kills them and interrupts them."""

import json
import re
import signal
from pathlib import Path

import pytest

from mediabase_assets.model.tables import TABLES

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
DEMO = ("--demo", "--demo-transcripts", "1500")
OURS = "select coalesce(string_agg(nspname, ' '), '') from pg_namespace where nspname like 'mediabase%'"
BUILDING = "select exists (select from pg_stat_activity where application_name like 'mediabase normalized/%%' and backend_start > %s)"


@pytest.fixture
def started(project):
    """A project whose server runs, with nothing in it."""
    assert project.run("db", "start").code == 0
    return project


def builds_after(project):
    """Whether somebody builds in a session opened from now on: the server still has those of a killed process for a while."""
    now = project.value("select clock_timestamp()")
    return lambda: project.value(BUILDING, now)


def test_a_killed_and_an_interrupted_dry_run_leave_nothing_after_the_next_start(started):
    killed = started.interrupt_when(builds_after(started), signal.SIGKILL, "migrate", "--dry-run", *DEMO)
    assert killed.code == -signal.SIGKILL
    assert "mediabase_plan_next" in started.value(OURS)
    stopped = started.interrupt_when(builds_after(started), signal.SIGINT, "migrate", "--dry-run", *DEMO)
    assert stopped.code == 130, stopped.out + stopped.err
    assert started.value(OURS) == ""


def test_a_dry_run_tells_the_plan_and_changes_nothing(started):
    done = started.run("migrate", "--dry-run", *DEMO)
    assert done.code == 0, done.out + done.err
    for table in TABLES:
        assert re.search(rf"^{table.name} +[\d,]+", done.out, re.M), table.name
    for text in (
        "nothing is released yet", "Would be quarantined", "Would be repaired", "A better gene holds the same symbol", "keeps it",
        "Disk needed", "Time needed", "Every audit passed", "Nothing else was touched", "A dry run: nothing was released",
    ):  # fmt: skip
        assert text in done.out, text
    assert started.value(OURS) == ""
    assert started.value("select to_regclass('public.cancer_transcript_base') is null")
    report = re.search(r"The plan for programs: (\S+)", done.out)[1]
    assert json.loads(Path(report).read_text())["passed"]


def test_a_self_test_that_fails_names_the_component(started):
    with started.connect() as conn:
        conn.execute("create table cancer_transcript_base (transcript_id text, gene_id text)")
    try:
        done = started.run("migrate", "--test-only")
    finally:
        with started.connect() as conn:
            conn.execute("drop table cancer_transcript_base")
    assert done.code == 1, done.out + done.err
    assert re.search(r"prerequisites +FAILED .*The table public\.cancer_transcript_base is empty", done.out)
    assert "1 of 3 components failed: prerequisites." in done.out
    assert started.value(OURS) == ""


@pytest.mark.parametrize("option", ["--dry-run", "--test-only"])
def test_without_a_legacy_table_it_says_how_to_load_one(started, option):
    done = started.run("migrate", option)
    assert done.code == 1
    assert "There is no legacy table." in done.err


def test_they_exclude_each_other(project):
    done = project.run("migrate", "--dry-run", "--test-only")
    assert done.code == 2
    assert "--dry-run and --test-only exclude each other." in done.err
