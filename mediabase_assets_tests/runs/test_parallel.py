"""The crew that builds ahead: order, failures, losses that pass, the end. What it builds here are functions, no assets."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest

from mediabase_assets.model.errors import BuildError
from mediabase_assets.model.stages import Stage
from mediabase_assets.planning import registry
from mediabase_assets.runs import parallel, scope
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.builders import Crew
from mediabase_assets.settings.load import load_settings

STEP = AssetRun(load_settings(), "20260101_000000", "backup/legacy_backup", Stage.BACKUP, datetime.now(UTC), "a run")
LOST = psycopg.OperationalError("server closed the connection unexpectedly")
WAIT = 10


@pytest.fixture
def crew_of(monkeypatch):
    """A crew for works given as name: (needs, cost, what its build does)."""
    monkeypatch.setattr(parallel, "_works", {})
    monkeypatch.setattr(registry, "_definitions", {})
    crews = []

    def make(works, hands=1):
        for key, (needs, cost, build) in works.items():
            registry.register(registry.Definition(key, Stage.POPULATION, (), "1"))
            parallel.register(key, build, after=needs, cost=cost)
        crews.append(
            Crew(parallel._works, frozenset(works), replace(STEP, settings=load_settings(performance={"parallel_workers": hands})))
        )
        return crews[-1]

    yield make
    for crew in crews:
        crew.end()
        assert not any(thread.is_alive() for thread in crew.threads)


def noting(built, key):
    def build(this):
        built.append((key, this.asset))
        return [key]

    return build


def failing(error):
    def build(this):
        raise error

    return build


def test_what_the_longest_way_leads_from_comes_first_and_nothing_before_its_inputs(crew_of):
    built = []
    crew = crew_of({
        "a": ((), 1, noting(built, "a")), "b": ((), 5, noting(built, "b")), "c": (("a",), 9, noting(built, "c")),
        "d": (("b", "c"), 1, noting(built, "d")), "e": ((), 0.5, noting(built, "e")),
    })  # fmt: skip
    assert crew.ways == {"a": 11, "b": 6, "c": 10, "d": 1, "e": 0.5}
    assert crew.job_of("e").events == ["e"]
    assert built == [(key, key) for key in "acbde"]


def test_a_graph_of_very_many_paths_is_looked_at_once(crew_of):
    error = BuildError("refused", where="a", next_step="mend it")
    rungs = {
        f"{n:02}{side}": ([f"{n - 1:02}{other}" for other in "ab"] if n else ["first"], 1, noting([], n))
        for n in range(40)
        for side in "ab"
    }
    crew = crew_of({"first": ((), 1, failing(error)), **rungs})
    assert (crew.ways["first"], crew.ways["00a"], crew.ways["39b"]) == (41, 40, 1)
    assert crew.job_of("first").error is error
    assert crew.job_of("39a") is None


def test_two_are_built_at_once(crew_of):
    together = threading.Barrier(2, timeout=WAIT)

    def meet(this):
        together.wait()
        return [this.asset]

    crew = crew_of({"a": ((), 1, meet), "b": ((), 1, meet)}, hands=2)
    assert [crew.job_of(key).events for key in "ab"] == [["a"], ["b"]]


@pytest.mark.parametrize("error", [BuildError("refused", where="a", next_step="mend it"), ZeroDivisionError("a fault of ours")])
def test_what_needs_a_failed_asset_is_left_to_its_step_and_the_others_are_built(crew_of, error):
    built = []
    crew = crew_of({
        "a": ((), 9, failing(error)), "b": (("a",), 1, noting(built, "b")), "c": (("b",), 1, noting(built, "c")),
        "d": ((), 1, noting(built, "d")),
    })  # fmt: skip
    assert crew.job_of("a").error is error
    assert crew.job_of("d").error is None
    assert crew.job_of("b") is None
    assert crew.job_of("c") is None
    assert built == [("d", "d")]


def test_after_the_loss_of_a_connection_nothing_begins_until_a_step_is_done_again(crew_of):
    built, errors = [], [LOST]

    def lost_once(this):
        if errors:
            raise errors.pop()
        return ["again"]

    crew = crew_of({"a": ((), 9, lost_once), "b": ((), 1, noting(built, "b"))})
    assert crew.job_of("a").error is LOST
    assert not built
    crew.resume()
    assert crew.job_of("a").events == ["again"]
    assert crew.job_of("b").events == ["b"]


def test_whoever_waits_for_what_was_not_begun_makes_the_crew_go_on(crew_of):
    errors = [LOST]

    def lost_once(this):
        if errors:
            raise errors.pop()
        return ["again"]

    crew = crew_of({"a": ((), 9, lost_once), "b": ((), 1, lambda this: ["b"])})
    assert crew.job_of("a").error is LOST
    assert crew.job_of("b").events == ["b"]
    assert crew.job_of("a").error is LOST  # it waits for its own step
    crew.resume()
    assert crew.job_of("a").events == ["again"]


def test_at_the_end_nothing_more_is_begun(crew_of):
    began, may_end, built = threading.Event(), threading.Event(), []

    def slow(this):
        began.set()
        may_end.wait(WAIT)
        return []

    crew = crew_of({"a": ((), 9, slow), "b": (("a",), 1, noting(built, "b"))})
    assert began.wait(WAIT)
    threading.Timer(0.2, may_end.set).start()
    crew.end()
    assert crew.job_of("b") is None
    assert not built


def test_the_step_that_makes_two_assets_is_one_work(monkeypatch):
    monkeypatch.setattr(parallel, "_works", {})
    monkeypatch.setattr(registry, "_definitions", {"x": registry.Definition("x", Stage.POPULATION, (), "1")})
    parallel.register("x", noting([], "x"), after=["extraction/legacy_payloads", "y"], cost=1)
    assert parallel._works["x"].needs == {"extraction/legacy_rows", "y"}


def test_beneath_the_assets_of_a_run_is_built_what_their_steps_would_not_build_and_what_is_up_to_date_is_kept(monkeypatch):
    seen = {}

    def build(this):
        seen[this.asset] = this.keeps
        return [this.asset]

    monkeypatch.setattr(parallel, "_works", {})
    monkeypatch.setattr(registry, "_definitions", {})
    for key in ("backup", "report", "table"):
        registry.register(registry.Definition(key, Stage.POPULATION, (), "1"))
        parallel.register(key, build, cost=1, by_its_step=key != "table")
    crew = Crew(parallel._works, frozenset({"report", "table"}), replace(STEP, keeps=False), beneath={"backup"})
    try:
        assert [crew.job_of(key).events for key in ("backup", "table")] == [["backup"], ["table"]]
        assert seen == {"backup": True, "table": False}  # what the run was asked for is rebuilt, what is beneath it only if it is stale
        assert "report" not in crew.works
    finally:
        crew.end()


@pytest.fixture
def threaded():
    """The run of these tests is one whose steps are executed beside each other."""
    scope.begin(STEP.run_id)
    yield
    scope.end(STEP.run_id)


def test_steps_beside_each_other_build_their_own_assets_and_others_wait_for_them(crew_of, threaded):
    built = []
    crew = crew_of({"a": ((), 1, noting(built, "a")), "b": (("a",), 1, noting(built, "b"))}, hands=2)
    found = []
    waiting = threading.Thread(target=lambda: found.append(crew.job_of("b")))
    waiting.start()
    assert crew.build_here(replace(STEP, asset="a"), crew.works["a"].build).events == ["a"]
    assert waiting.is_alive()
    job = crew.build_here(replace(STEP, asset="b"), crew.works["b"].build)
    waiting.join(WAIT)
    assert (built, found) == ([("a", "a"), ("b", "b")], [job])


def test_nobody_waits_for_an_asset_whose_step_could_not_begin(crew_of, threaded):
    crew = crew_of({"a": ((), 1, noting([], "a")), "b": (("a",), 1, noting([], "b"))})
    found = []
    waiting = threading.Thread(target=lambda: found.append(crew.job_of("b")))
    waiting.start()
    crew.note_end("a")
    waiting.join(WAIT)
    assert found == [None]
    assert isinstance(crew.job_of("a").error, BuildError)


def test_a_build_of_a_step_that_failed_carries_its_error_and_what_it_reported_before(crew_of, threaded):
    def build(this):
        yield "a finding"
        raise LOST

    crew = crew_of({"a": ((), 1, build)})
    job = crew.build_here(replace(STEP, asset="a"), build)
    assert (job.events, job.error, job.is_over) == (["a finding"], LOST, True)
    crew.note_end("a")
    assert job.error is LOST
