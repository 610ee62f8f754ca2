"""`mediabase checks` and the asset validation/check_overview: passed, warned, failed, skipped, not run yet."""

import json
import re
from pathlib import Path

import dagster as dg
import pytest

from mediabase_assets.definitions import defs
from mediabase_assets.runs import check_overview
from mediabase_assets.runs.check_overview import Outcome
from mediabase_assets_tests.spoiling import BAD, spoiled

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]


def lines_of(done):
    return {f"{line['asset']}:{line['check']}": line for line in json.loads(done.out)}


def test_before_anything_ran(project):
    nowhere = str(project.home.parent / "nothing")
    assert project.run("checks", MEDIABASE_HOME=nowhere) == (0, "No check has run yet: run `mediabase migrate` first.\n", "")
    assert project.run("checks", "--json", MEDIABASE_HOME=nowhere)[:2] == (0, "[]\n")


def test_every_check_is_listed_and_a_failed_one_shows_its_rows(project):
    done = project.migrate("--demo", "--demo-transcripts", "1500")
    assert done.code == 0, done.out + done.err
    page = re.search(r"^Report: (/.*/report\.html) ", done.out, re.M)[1]
    assert " released" in Path(page).read_text()
    done = project.run("checks")
    assert done.code == 0
    lines = lines_of(project.run("checks", "--json"))
    keys = defs().resolve_asset_graph().asset_check_keys
    assert len(lines) == len([key for key in keys if key.asset_key.path[0] != "patients"])  # those show a patient's values
    assert {line["outcome"] for line in lines.values()} == {"passed", "warned", "skipped", "not run yet"}
    assert f"{len(lines)} checks: 0 failed, " in done.out
    model = lines["normalized/transcripts:every_row_fits_its_model"]
    assert model["examined"] == project.value("select count(*) from transcripts")
    warned = lines_of(project.run("checks", "--json", "--failed"))
    assert warned == {name: line for name, line in lines.items() if line["outcome"] == "warned"}
    assert all(line["sample"] for line in warned.values())

    victim = str(project.value("select min(transcript_id) from transcripts where chromosome is not null"))
    with spoiled(project.connect, [victim]):
        done = project.migrate()
        assert done.code == 1
        page = Path(re.search(r"^Report: (/.*/report\.html) ", done.out, re.M)[1])
        assert "The migration stopped at normalized/transcripts" in page.read_text()
        done = project.run("checks", "--failed")
    assert done.code == 1
    assert BAD in done.out
    assert "The candidate was dropped; the live content is unchanged." in done.out
    failed = [line for line in lines_of(project.run("checks", "--failed", "--json")).values() if line["outcome"] == "failed"]
    assert [(line["asset"], line["check"], line["failures"]) for line in failed] == [
        ("normalized/transcripts", "every_row_fits_its_model", 1)
    ]
    others = lines_of(project.run("checks", "--json"))
    assert others["normalized/genes:every_key_is_unique"]["since"] == lines["normalized/genes:every_key_is_unique"]["since"]


FAILURES = dg.AssetObservation("any", metadata={"failures": 2}).metadata
SPEC = dg.AssetCheckSpec("every_key_is_unique", asset=["normalized", "genes"], description="No key occurs twice.")


@pytest.mark.parametrize(
    ("evaluations", "outcome", "in_a_row"),
    [
        ([], Outcome.NEVER, 0),
        ([{"passed": True}], Outcome.PASSED, 1),
        ([{"passed": False}, {"passed": True}, {"passed": True}], Outcome.PASSED, 2),
        ([{"passed": True}, {"passed": False, "severity": dg.AssetCheckSeverity.WARN}], Outcome.WARNED, 1),
        ([{"passed": False, "metadata": {"failures": 3, "rows": 10}}], Outcome.FAILED, 1),
        (
            [{"passed": True}, {"passed": False, "severity": dg.AssetCheckSeverity.WARN, "metadata": {"not looked at": "it is gone"}}],
            Outcome.SKIPPED,
            1,
        ),
    ],
)
def test_the_outcome_and_since_when(evaluations, outcome, in_a_row):
    with dg.DagsterInstance.ephemeral() as instance:
        for evaluation in evaluations:
            metadata = dg.AssetObservation("any", metadata=evaluation.get("metadata")).metadata
            instance.report_runless_asset_event(
                dg.AssetCheckEvaluation(asset_key=SPEC.asset_key, check_name=SPEC.name, **{**evaluation, "metadata": metadata})
            )
        (line,) = check_overview.read_overview(instance, [SPEC])
        assert line.outcome is outcome
        if outcome is Outcome.FAILED:
            assert (line.failures, line.examined) == (3, 10)
        history = instance.event_log_storage.get_asset_check_execution_history(SPEC.key, limit=10)
        times = [r.event.timestamp for r in history]
        assert (line.since.timestamp() if line.since else None) == (pytest.approx(times[in_a_row - 1]) if in_a_row else None)


def test_the_sensor_reports_the_overview_once_for_new_evaluations():
    repository = defs().get_repository_def()
    sensor = repository.get_sensor_def("report_checks")
    with dg.DagsterInstance.ephemeral() as instance:
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(asset_key=SPEC.asset_key, check_name=SPEC.name, passed=False, metadata=FAILURES)
        )
        first = sensor.evaluate_tick(dg.build_sensor_context(instance, repository_def=repository))
        assert "1 failed, 0 warned, 0 skipped, 0 passed" in first.skip_message
        second = sensor.evaluate_tick(dg.build_sensor_context(instance, repository_def=repository, cursor=first.cursor))
        assert second.skip_message == "No check was evaluated since the last overview."
        event = instance.get_latest_materialization_event(check_overview.KEY)
        metadata = event.asset_materialization.metadata
        assert metadata["failed"].value == 1
        assert metadata["normalized: failed or warned"].value == 1
        assert "**failed** normalized/genes:  \n  2 keys of genes are NULL or occur more than once." in metadata["summary"].value
        assert max(map(len, metadata["summary"].value.splitlines())) < 60  # more is cut off on a page of 1440 pixels
        assert metadata["checks"].schema.columns[0].name == "outcome"
        assert metadata["checks"].records[0].data["outcome"] == "failed"
