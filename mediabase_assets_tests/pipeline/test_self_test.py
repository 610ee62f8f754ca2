"""The self-test finds every kind of damage, passes on the demonstration, names what is broken, and leaves nothing."""

import re
from io import StringIO

import pytest
from rich.console import Console

from mediabase_assets.cli.self_test import print_self_test
from mediabase_assets.definitions import defs
from mediabase_assets.model.tables import TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.model.workspace import SELF_TEST, Workspace
from mediabase_assets.rehearsal.self_test import self_test
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.spoiling import BAD, spoiled

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
SMALL = 1500


@pytest.fixture(scope="module")
def small(pipeline_home):
    """A small demonstration that is not migrated."""
    with harness.project(pipeline_home, demo=SMALL) as this:
        yield this


def report_of(this):
    with this.environed():
        return self_test(this.settings, defs(), on_event=lambda event: None)


def component(report, name):
    return next(c for c in report.components if c.name == name)


def every_component_passes(report):
    assert [(c.name, c.detail) for c in report.components if c.passed is False] == []
    assert [(c.name, c.detail) for c in report.components if c.passed is None] == []
    assert report.passed
    names = {c.name for c in report.components}
    assert {f"table {t.name}" for t in TABLES} | {f"view {v.name}" for v in VIEWS} <= names
    assert {"prerequisites", "backup, verified", "round trip", "release", "query benchmark", "second run changes nothing"} <= names
    assert all(c.detail for c in report.components)


def the_sample_holds_every_kind_of_damage_of_the_table(report, migrated):
    kinds = migrated.value(
        "select count(*) from (select distinct outcome, reason, legacy_column from mediabase_ops.reason_account where facts > 0) as kinds"
    )
    assert component(report, "every kind of damage is in the sample").detail == f"all {kinds} kinds of the table"
    rows, taken = re.search(
        r"in ([\d,]+) rows; ([\d,]+) rows taken", component(report, "kinds of damage, and a sample of each").detail
    ).groups()
    assert int(rows.replace(",", "")) == SMALL
    assert int(taken.replace(",", "")) < SMALL


def nothing_of_it_is_left(report, small):
    assert small.value("select count(*) from pg_namespace where nspname like 'mediabase%%'") == 0
    assert not small.settings.backup_dir.exists()
    assert small.instance.get_runs() == []
    assert small.rows("select nspname::text from pg_namespace where nspname = any(%s)", list(Workspace(SELF_TEST).stages)) == []


def every_component_is_printed(report):
    console = Console(file=StringIO(), width=200)
    print_self_test(console, report)
    words = console.file.getvalue()
    assert all(c.name in words for c in report.components)
    assert "components passed. Nothing of the test is left." in words


def test_it_passes_on_a_sample_of_every_kind_of_damage_and_leaves_nothing(small, migrated):
    report = report_of(small)
    every_component_passes(report)
    the_sample_holds_every_kind_of_damage_of_the_table(report, migrated)
    nothing_of_it_is_left(report, small)
    every_component_is_printed(report)


def test_what_is_broken_is_named(small):
    victims = [
        t
        for (t,) in small.rows(
            "select transcript_id from cancer_transcript_base where chromosome = 'chr1' and transcript_id like 'ENST99%%'"
        )
    ]
    with spoiled(small.connect, victims):
        report = report_of(small)
    assert not report.passed
    broken = next(c for c in report.components if c.passed is False)
    assert broken.name in ("table genes", "table transcripts")
    assert "did not pass its audit" in broken.detail
    assert any(BAD in str(f.sample) for f in broken.failures)
    assert component(report, "release").detail == "not reached: one of its inputs failed"
    assert component(report, "nothing else was touched").passed
    assert component(report, "everything of the test is removed").passed


def test_a_table_that_cannot_be_migrated_fails_its_prerequisites(small):
    database = small.settings.database.model_copy(update={"legacy_table": "nothing"})
    with small.environed():
        report = self_test(small.settings.model_copy(update={"database": database}), defs(), on_event=lambda event: None)
    assert not report.passed
    assert "There is no table public.nothing" in component(report, "prerequisites").detail
    assert component(report, "nothing else was touched").passed
