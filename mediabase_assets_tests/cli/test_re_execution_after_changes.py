"""Every form of re-execution by the web server's own mutations, after a setting or the code changed, and after a run was killed."""

import os
import shutil
import signal
import time
from itertools import count
from pathlib import Path

import pytest
import yaml

import mediabase_assets
from mediabase_assets.runs.worker import WORKER_TAG
from mediabase_assets_tests.cli.web import served
from mediabase_assets_tests.spoiling import LIMITS, REFUSE

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
CENSUS, RELEASE, BENCHMARK = "validation/leaf_census", "release/current_release", "validation/query_benchmark"
STRICT, LAX = LIMITS, {"validation": LIMITS["validation"] | {"max_validation_errors": 10_000}}
GO = Path("mediabase_assets/extraction/sql/go_facts.sql")
#: More rows than there are; each correction of the code is another one.
LIMIT = count(10**9)
#: Seconds until the daemon has noticed a death and begun a retry; it looks every 10 s for the one, and the sensor every 60.
NOTICED = 150
AGAIN = {
    "all": lambda web, run: web.re_execute(run, "ALL_STEPS"),
    "from failure": lambda web, run: web.re_execute(run, "FROM_FAILURE"),
    "from asset failure": lambda web, run: web.re_execute(run, "FROM_ASSET_FAILURE"),
    "materialize all": lambda web, run: web.launch(),
}
SELECTED = {
    "selected steps": lambda web, run, assets: web.re_execute_steps(run, [asset.replace("/", "__") for asset in assets]),
    "selected assets": lambda web, run, assets: web.launch(assets=assets),
}


@pytest.fixture(scope="module")
def place(project):
    """Where the code and the configuration of the web UI are, which its runs read anew."""
    parent = project.home.parent / "code"
    shutil.copytree(Path(mediabase_assets.__file__).parent, parent / "mediabase_assets", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(Path(mediabase_assets.__file__).parents[1] / "dagster.yaml", parent)
    (parent / "config.yaml").write_text(yaml.safe_dump(LAX))
    return parent


@pytest.fixture(scope="module")
def web(project, place):
    """A migrated demonstration behind the web UI, with more than 100 refused values of a column, which the setting allows."""
    environment = {"MEDIABASE_CONFIG": str(place / "config.yaml"), "PYTHONPATH": str(place)}
    done = project.run("migrate", "--skip-confirmation", "--demo", "--demo-transcripts", "1500", **environment)
    assert done.code == 0, done.out + done.err
    with project.connect() as conn:
        conn.execute(REFUSE)
    with served(project, 1500, **environment) as this:
        run_id = this.launch()
        assert this.end_of(run_id) == "SUCCESS", failed_steps(this, run_id)
        yield this


def failed_steps(web, run_id):
    return [e["stepKey"] for e in web.events(run_id) if e["__typename"] == "ExecutionStepFailureEvent"]


def content(project):
    return project.value("select md5(string_agg(t::text, ',' order by t::text)) from transcript_go_terms t")


@pytest.fixture
def refused(web, place):
    """A run that failed by a setting, which is corrected since."""
    (place / "config.yaml").write_text(yaml.safe_dump(STRICT))
    run_id = web.launch()
    ended = web.end_of(run_id)
    (place / "config.yaml").write_text(yaml.safe_dump(LAX))
    assert (ended, failed_steps(web, run_id)) == ("FAILURE", ["validation__leaf_census"])
    return run_id


@pytest.mark.parametrize("form", [*AGAIN, *SELECTED])
def test_after_a_setting_was_corrected(project, web, refused, form):
    before = content(project)
    run_id = AGAIN[form](web, refused) if form in AGAIN else SELECTED[form](web, refused, (CENSUS, RELEASE))
    assert web.end_of(run_id) == "SUCCESS", failed_steps(web, run_id)
    rebuilt = web.rebuilt(run_id)
    assert "extraction/legacy_rows" not in rebuilt
    assert "normalized/transcripts" not in rebuilt
    assert content(project) == before


@pytest.fixture
def broken(project, web, place):
    """A run that failed by a mistake in the SQL of an asset, which is corrected since, by another text than before."""
    file = place / GO
    whole = file.read_text()
    file.write_text(whole + "\n;select no_such_function();\n")
    run_id = web.launch()
    ended = web.end_of(run_id)
    file.write_text(whole.rstrip().removesuffix(";") + f"\nlimit {next(LIMIT)};\n")
    assert (ended, failed_steps(web, run_id)) == ("FAILURE", ["extraction__go_facts"])
    yield run_id
    file.write_text(whole)


@pytest.mark.parametrize("form", [*AGAIN, *SELECTED])
def test_after_the_code_was_corrected(project, web, broken, form):
    before = content(project)
    assets = ("extraction/go_facts", "normalized/go_terms", "normalized/transcript_go_terms", CENSUS, RELEASE)
    run_id = AGAIN[form](web, broken) if form in AGAIN else SELECTED[form](web, broken, assets)
    assert web.end_of(run_id) == "SUCCESS", failed_steps(web, run_id)
    rebuilt = web.rebuilt(run_id)
    assert "extraction/go_facts" in rebuilt
    assert not {"extraction/legacy_rows", "schema/normalized_schema", "normalized/pathways"} & rebuilt
    assert content(project) == before


def test_a_run_whose_process_is_killed_is_retried_and_rebuilds_what_was_not_finished(project, web):
    run_id = web.launch(job="rebuild_everything")
    kill_when_a_table_is_built(web, run_id)
    again = retry_of(web, run_id)
    assert web.end_of(again) == "SUCCESS", failed_steps(web, again)
    assert web.run(run_id)["status"] == "FAILURE"
    assert BENCHMARK in web.rebuilt(again)


def kill_when_a_table_is_built(web, run_id):
    """Kill -9 the process of a run in the middle of it."""
    end = time.monotonic() + 120
    while not any(asset.startswith("normalized/") for asset in web.times(run_id)):
        assert time.monotonic() < end
        time.sleep(0.1)
    query = "query($id: ID!) { runOrError(runId: $id) { ... on Run { tags { key value } } } }"
    tags = {tag["key"]: tag["value"] for tag in web.ask(query, id=run_id)["runOrError"]["tags"]}
    os.kill(int(tags[WORKER_TAG].split()[1]), signal.SIGKILL)  # "process 123 on host"


def retry_of(web, run_id):
    """The run with which the daemon repeats another."""
    query = """query($r: String!) { runsOrError(filter: {tags: [{key: "dagster/parent_run_id", value: $r}]}) {
      ... on Runs { results { runId } } } }"""
    end = time.monotonic() + NOTICED
    while time.monotonic() < end:
        found = web.ask(query, r=run_id)["runsOrError"]["results"]
        if found:
            return found[0]["runId"]
        time.sleep(1)
    raise AssertionError(f"{run_id} is not retried: {web.run(run_id)}")
