"""Every form of re-execution by the web server's own mutations, after the legacy table, a setting or nothing changed."""

from itertools import pairwise

import pytest

from mediabase_assets_tests.cli.web import content, served_with_limits
from mediabase_assets_tests.spoiling import CORRECT, REFUSE

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
CENSUS, RELEASE, BENCHMARK = "validation/leaf_census", "release/current_release", "validation/query_benchmark"
#: Seconds by which a step may begin after its asset.
TOLERANCE = 0.5
LOOKED_AT = {"legacy/cancer_transcript_base", "backup/legacy_backup"}


@pytest.fixture(scope="module")
def web(project):
    with served_with_limits(project) as this:
        yield this


def execute(project, statement):
    with project.connect() as conn:
        conn.execute(statement)


@pytest.fixture
def failed(project, web):
    """A run of *Materialize all* that failed because the legacy table holds what the census refuses."""
    execute(project, REFUSE)
    run_id = web.launch()
    assert web.end_of(run_id) == "FAILURE"
    failures = [e for e in web.events(run_id) if e["__typename"] == "ExecutionStepFailureEvent"]
    assert [e["stepKey"] for e in failures] == ["validation__leaf_census"]
    yield run_id
    if project.value("select to_regclass('kept_aside') is not null"):
        execute(project, CORRECT)


FORMS = {
    "all": lambda web, run: web.re_execute(run, "ALL_STEPS"),
    "from failure": lambda web, run: web.re_execute(run, "FROM_FAILURE"),
    "from asset failure": lambda web, run: web.re_execute(run, "FROM_ASSET_FAILURE"),
    "selected steps": lambda web, run: web.re_execute_steps(
        run,
        [f"validation__{name}" for name in ("leaf_census", "query_benchmark", "verdict", "migration_report")]
        + ["release__current_release"],
    ),
    "materialize all": lambda web, run: web.launch(),
    "selected assets": lambda web, run: web.launch(assets=(CENSUS, RELEASE)),
}


@pytest.mark.parametrize("form", FORMS)
def test_after_the_legacy_table_was_corrected(project, web, failed, form):
    before = content(project)
    execute(project, CORRECT)
    run_id = FORMS[form](web, failed)
    assert web.end_of(run_id) == "SUCCESS", [e for e in web.events(run_id) if "Failure" in e["__typename"]]
    rebuilt = web.rebuilt(run_id)
    assert {"extraction/legacy_rows", "normalized/transcripts"} <= rebuilt  # the census of the corrected content was taken before
    assert "schema/normalized_schema" not in rebuilt
    assert content(project) == before
    done = project.run("migrate", "--skip-confirmation", MEDIABASE_CONFIG=str(project.home.parent / "config.yaml"))
    assert "Nothing to do" in done.out or form == "selected assets"  # the benchmark was not among them


@pytest.mark.parametrize("form", ["from failure", "from asset failure"])
def test_where_nothing_changed_what_failed_is_made_again(web, failed, form):
    run_id = FORMS[form](web, failed)
    assert web.end_of(run_id) == "FAILURE"
    assert web.rebuilt(run_id) == set()


def test_a_released_run_is_re_executed_and_keeps_everything(project, web):
    run_id = web.launch()
    assert web.end_of(run_id) == "SUCCESS"
    again = web.re_execute(run_id, "ALL_STEPS")
    assert web.end_of(again) == "SUCCESS"
    assert web.rebuilt(again) == LOOKED_AT
    for shown in (web.tags(run_id), web.tags(again)):
        assert shown["mediabase/worker"].startswith("process ")
        assert not [tag for tag, value in shown.items() if value.startswith("{")]


def assert_times_are_true(web, run_id):
    """Every step lasts as long as its asset was built, and those that do not depend on each other are beside each other."""
    times, seconds = web.times(run_id), web.seconds(run_id)
    assert {"validation/round_trip", "extraction/go_facts", "normalized/genes"} <= seconds.keys()
    short = {key: (seconds[key], end - begin) for key, (begin, end) in times.items() if end - begin < seconds.get(key, 0) - TOLERANCE}
    assert not short
    builds = sorted(times[key] for key in times if key.startswith(("extraction/", "normalized/", "views/")))
    assert any(begin < end_before for (_, end_before), (begin, _) in pairwise(builds))


def test_the_job_that_rebuilds_everything_does(web):
    run_id = web.launch(job="rebuild_everything")
    assert web.end_of(run_id) == "SUCCESS"
    assert_times_are_true(web, run_id)
    assert {"extraction/legacy_rows", "normalized/genes", "views/gene_summary_view", CENSUS, RELEASE, BENCHMARK} <= web.rebuilt(run_id)


def test_a_run_of_the_command_line_is_one_of_its_job_and_can_be_re_executed(project, web):
    query = """{ repositoryOrError(repositorySelector: {repositoryLocationName: "mediabase_assets", repositoryName: "__repository__"}) {
      ... on Repository { pipelines { name runs(limit: 100) { runId tags { key value } } } } } }"""
    jobs = {p["name"]: p["runs"] for p in web.ask(query)["repositoryOrError"]["pipelines"]}
    by_hand = [r for r in jobs["migrate"] if any(t["key"] == "dagster/max_retries" and t["value"] == "0" for t in r["tags"])]
    assert by_hand
    assert_times_are_true(web, by_hand[-1]["runId"])
    again = web.re_execute(by_hand[-1]["runId"], "ALL_STEPS")
    assert web.end_of(again) == "SUCCESS"
