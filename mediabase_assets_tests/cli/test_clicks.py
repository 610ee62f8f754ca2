"""The main forms of re-execution, clicked in the real pages by a browser, after the cause of a failure was corrected."""

import pytest

from mediabase_assets_tests.cli.browser import IS_THERE, MISSING, browser
from mediabase_assets_tests.cli.web import content, served_with_limits
from mediabase_assets_tests.spoiling import CORRECT, REFUSE

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end, pytest.mark.skipif(not IS_THERE, reason=MISSING)]


@pytest.fixture(scope="module")
def web(project):
    with served_with_limits(project) as this:
        yield this


@pytest.fixture(scope="module")
def person(web, tmp_path_factory):
    with browser(web.url, tmp_path_factory.mktemp("profile")) as this:
        yield this


def runs(web):
    """Ids of the runs, the newest first."""
    return [r["runId"] for r in web.ask("{ runsOrError(limit: 100) { ... on Runs { results { runId } } } }")["runsOrError"]["results"]]


def unchecked(web):
    """Checks of the tables that did not look at what was made last; the pages show them grey."""
    query = """{ assetNodes { assetKey { path } assetChecksOrError { ... on AssetChecks { checks {
      name executionForLatestMaterialization { id } } } } } }"""
    nodes = [n for n in web.ask(query)["assetNodes"] if n["assetKey"]["path"][0] == "normalized"]
    found = [(n["assetKey"]["path"][-1], c) for n in nodes for c in n["assetChecksOrError"].get("checks", [])]
    assert found
    return [(name, c["name"]) for name, c in found if c["executionForLatestMaterialization"] is None]


@pytest.fixture
def failed(project, web):
    """A run that failed for what the legacy table held; it is corrected by now."""
    with project.connect() as conn:
        conn.execute(REFUSE)
    try:
        run_id = web.launch()
        assert web.end_of(run_id) == "FAILURE"
    finally:
        with project.connect() as conn:
            conn.execute(CORRECT)
    return run_id


def re_execute_all(person, failed):
    person.go_to(f"/runs/{failed}")
    person.sees("Failure")
    person.button("Re-execute all")


def from_asset_failure(person, failed):
    person.go_to(f"/runs/{failed}")
    person.sees("Failure")
    person.menu("Re-execute all", "From asset failure")


def materialize_all(person, failed):
    person.go_to("/locations/mediabase_assets/jobs/migrate")
    person.button("Materialize all")


@pytest.mark.parametrize("click", [re_execute_all, from_asset_failure, materialize_all])
def test_a_click_brings_everything_up_to_date_after_the_legacy_table_was_corrected(project, web, person, failed, tmp_path, click):
    before = content(project)
    with person.pictured(tmp_path / "page.png"):
        known = set(runs(web))
        click(person, failed)
        (run_id,) = person.waits_for(lambda: set(runs(web)) - known, "a run that the click started")
        assert web.end_of(run_id) == "SUCCESS", [e for e in web.events(run_id) if "Failure" in e["__typename"]]
        person.go_to(f"/runs/{run_id}")
        person.sees("Success")
    assert {"extraction/legacy_rows", "normalized/transcripts"} <= web.rebuilt(run_id)
    assert unchecked(web) == []
    assert content(project) == before


def test_the_list_of_runs_shows_no_json(web, person, tmp_path):
    with person.pictured(tmp_path / "page.png"):
        person.go_to("/runs")
        text = person.sees("migrate")
    assert "{" not in text
