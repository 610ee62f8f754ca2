"""The verdict: its rule at every boundary, what it says, where it is read, and that it follows the newest release."""

import json

import pytest
from rich.console import Console

from mediabase_assets.cli.output import Exit
from mediabase_assets.cli.verdict import print_verdict, show_verdict
from mediabase_assets.model.release_checks import AFTER, BEFORE, CHECKS
from mediabase_assets.report.verdict import live_verdict, newest_verdict
from mediabase_assets.validation import verdict as verdicts
from mediabase_assets.validation.suites.records import CheckRow
from mediabase_assets.validation.verdict import Verdict, decide, read_verdict
from mediabase_assets_tests.pipeline.copies import copy_of

STOPPING = [name for name in BEFORE if CHECKS[name].stops]
FAILING = [name for name in AFTER if CHECKS[name].severity == "error"]
WARNING = [name for name in (*BEFORE, *AFTER) if CHECKS[name].severity == "warning"]


def rows(**outcomes):
    """The checks of a migration; those that are not named passed."""
    return [
        CheckRow(c.suite, c.name, str(c.severity), outcomes.get(c.name, "passed"), 1.0, c.threshold, c.unit, f"{c.meaning} 1 of 2.")
        for c in CHECKS.values()
    ]


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ({}, Verdict.EXCELLENT),
        (dict.fromkeys(WARNING[:1], "skipped"), Verdict.EXCELLENT),
        (dict.fromkeys(WARNING[:1], "warned"), Verdict.GOOD),
        (dict.fromkeys(WARNING[:2], "warned"), Verdict.GOOD),
        (dict.fromkeys(WARNING[:3], "warned"), Verdict.ACCEPTABLE),
        (dict.fromkeys(FAILING[:1], "failed"), Verdict.ACCEPTABLE),
        (dict.fromkeys(FAILING[:2], "failed") | dict.fromkeys(WARNING, "warned"), Verdict.ACCEPTABLE),
        (dict.fromkeys(FAILING[:3], "failed"), Verdict.NEEDS_ATTENTION),
        (dict.fromkeys(STOPPING[:1], "failed"), Verdict.NEEDS_ATTENTION),
    ],
)
def test_a_verdict_follows_the_rule_and_is_explained(bad, expected):
    decided = decide("20260101_120000", rows(**bad))
    assert decided.verdict is expected
    first, *others = decided.sentences
    assert first.startswith(f"{str(expected).capitalize()}: of {len(CHECKS)} checks ")
    cost = {name for name, outcome in bad.items() if outcome != "skipped"}
    assert {c["check"] for c in decided.costs} == cost
    for name in cost:
        assert any(CHECKS[name].meaning in s and CHECKS[name].next_step in s for s in others)
    assert len(others) == len(cost) + (expected is not Verdict.EXCELLENT)
    outcomes = [c["outcome"] for c in decided.costs]
    assert outcomes == sorted(outcomes)  # what failed comes first
    assert json.loads(json.dumps(decided.as_json()))["verdict"] == str(expected)


def test_what_would_have_stopped_the_release_is_told():
    decided = decide("20260101_120000", rows(**{STOPPING[0]: "failed"}))
    assert decided.sentences[-1] == "1 check would have stopped the release; validation.enable_strict_validation is off."


def test_two_warnings_stand_between_good_and_excellent():
    assert decide("x", rows(**{WARNING[0]: "warned"})).sentences[-1] == "Without this warning it would be excellent."
    assert decide("x", rows(**dict.fromkeys(WARNING[:2], "warned"))).sentences[-1] == "Without these two warnings it would be excellent."


@pytest.mark.pg
@pytest.mark.end_to_end
def test_the_verdict_of_a_migration_is_recorded_read_and_shown(migrated):
    migration_id = migrated.value("select max(migration_id) from mediabase_ops.releases")
    with migrated.connect() as conn:
        decided = read_verdict(conn, migration_id)
        assert newest_verdict(conn) == decided
        assert read_verdict(conn, "20000101_000000") is None
    assert decided is not None
    assert decided.verdict is Verdict.GOOD
    assert [c["check"] for c in decided.costs] == ["interactions_have_a_clinical_phase"]
    (metadata,) = (
        m.metadata
        for e in migrated.runs[0].all_events
        if e.is_step_materialization
        for m in [e.step_materialization_data.materialization]
        if m.asset_key.path == ["validation", "verdict"]
    )
    assert metadata["verdict"].value == "good"
    assert decided.sentences[1][:40] in metadata["explanation"].value.replace("  \n  ", " ")
    console = Console(record=True, width=200)
    assert show_verdict(migrated.settings, migration_id="", as_json=False, console=console) is Exit.OK
    text = console.export_text()
    assert f"Verdict on {migration_id}: Good: of {len(CHECKS)} checks" in text
    assert all(name.replace("_", " ") in text for name in CHECKS)
    console = Console(record=True, width=80)
    assert show_verdict(migrated.settings, migration_id=migration_id, as_json=True, console=console) is Exit.OK
    shown = json.loads(console.export_text())
    assert (shown["migration_id"], shown["verdict"], len(shown["checks"])) == (migration_id, "good", len(CHECKS))


@pytest.mark.pg
@pytest.mark.end_to_end
def test_without_a_verdict_the_command_says_so(migrated, pipeline_home):
    with copy_of(migrated, pipeline_home) as this:
        with this.connect() as conn:
            conn.execute("drop table mediabase_ops.verdicts, mediabase_ops.release_checks, mediabase_ops.release_counts")
        assert live_verdict(this.settings) is None  # a database that an earlier version migrated
        console = Console(record=True, width=200)
        assert show_verdict(this.settings, migration_id="", as_json=False, console=console) is Exit.FAILED
        assert "There is no verdict on migration" in console.export_text()
        with this.connect() as conn:
            conn.execute("update mediabase_ops.releases set rolled_back_at = now()")
        console = Console(record=True, width=200)
        assert show_verdict(this.settings, migration_id="", as_json=False, console=console) is Exit.FAILED
        assert "Nothing was released yet" in console.export_text()


def test_no_verdict_prints_nothing():
    console = Console(record=True)
    print_verdict(console, None)
    assert console.export_text() == ""


def test_the_levels_are_those_of_the_owner():
    assert [str(v) for v in Verdict] == ["excellent", "good", "acceptable", "needs attention"]
    assert (verdicts.MOST_WARNED, verdicts.MOST_FAILED) == (2, 2)
