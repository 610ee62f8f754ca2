"""The executor of threads, with small assets of its own: real runs in a real (SQLite) instance, no database of the project."""

import os
import signal
import threading
import time

import dagster as dg
import pytest

from mediabase_assets.runs import edges, parallel, scope
from mediabase_assets.runs.executor import thread_executor

#: Seconds that steps wait for each other at most.
LONG = 20
NO_LOGS = {"compute_logs": {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"}}
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_jobs: dict[str, dg.JobDefinition] = {}


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("dagster")), overrides=NO_LOGS) as found:
        yield found


def job_called(name):
    return _jobs[name]


def execute(instance, *assets):
    name = f"job_{len(_jobs)}"
    definitions = dg.Definitions(assets=assets, jobs=[dg.define_asset_job(name, selection=list(assets))], executor=thread_executor)
    _jobs[name] = definitions.resolve_job_def(name)
    job = dg.build_reconstructable_job(__name__, job_called.__name__, reconstructable_args=(name,))
    result = dg.execute_job(job, instance, run_config=QUIET)
    stats = {step.step_key: step for step in instance.get_run_step_stats(result.run_id)}
    return instance.get_run_by_id(result.run_id).status.value, stats


def asset(name, body=lambda context: None, deps=(), **kwargs):
    @dg.asset(name=name, deps=deps, **kwargs)
    def made(context: dg.AssetExecutionContext) -> None:
        body(context)

    return made


def test_steps_that_are_ready_run_at_the_same_time(instance):
    both = threading.Barrier(2)
    status, stats = execute(instance, asset("one", lambda _: both.wait(LONG)), asset("two", lambda _: both.wait(LONG)))
    assert status == "SUCCESS"
    assert max(stats["one"].start_time, stats["two"].start_time) < min(stats["one"].end_time, stats["two"].end_time)


def test_a_step_waits_for_what_is_before_it_by_an_edge_that_the_graph_leaves_out(instance, monkeypatch):
    monkeypatch.setattr(edges, "_edges", {"layer/last": ("layer/between",), "layer/between": ("layer/first",)})
    last, first = asset("layer__last"), asset("layer__first", lambda _: time.sleep(0.5))
    status, stats = execute(instance, last, first)  # what is between them is not in the run
    assert status == "SUCCESS"
    assert stats["layer__first"].end_time <= stats["layer__last"].start_time


def test_a_step_begins_after_what_it_depends_on(instance):
    status, stats = execute(instance, asset("first"), asset("second", deps=["first"]), asset("third", deps=["second"]))
    assert status == "SUCCESS"
    assert stats["first"].end_time <= stats["second"].start_time
    assert stats["second"].end_time <= stats["third"].start_time


def test_the_steps_of_a_run_share_what_the_process_holds_for_it_until_the_run_has_ended(instance):
    seen = []

    def look(context):
        seen.append((context.run.run_id, scope.run_of(context.run.run_id)))

    for _ in range(2):
        execute(instance, asset("first", look), asset("second", look, deps=["first"]))
    (one, held), (_, same), (other, next_one), _ = seen
    assert one != other
    assert held is same is not next_one
    assert held.is_threaded
    assert scope.run_of(one) is not held
    scope.end(one)


def test_what_depends_on_a_failure_is_not_executed_and_the_rest_is(instance):
    def fail(_):
        raise dg.Failure("no", allow_retries=False)

    status, stats = execute(instance, asset("bad", fail), asset("after", deps=["bad"]), asset("good"))
    assert status == "FAILURE"
    assert {key: step.status.value for key, step in stats.items()} == {"bad": "FAILURE", "good": "SUCCESS"}


def test_a_step_is_retried_by_its_policy(instance):
    tried = []

    def fail_once(context):
        tried.append(context.retry_number)
        if not context.retry_number:
            raise ValueError

    status, stats = execute(instance, asset("again", fail_once, retry_policy=dg.RetryPolicy(max_retries=1)), asset("after", deps=["again"]))
    assert (status, tried, stats["again"].attempts) == ("SUCCESS", [0, 1], 2)


@pytest.mark.parametrize("hands", [1, 2])
def test_no_more_assets_are_built_at_once_than_the_settings_say(instance, monkeypatch, hands):
    at_once, most, guard = [], [], threading.Lock()

    def build(context):
        with guard:
            at_once.append(context.asset_key.path[-1])
            most.append(len(at_once))
        time.sleep(0.1)
        with guard:
            at_once.remove(context.asset_key.path[-1])

    names = [f"made__{n}" for n in range(6)]
    monkeypatch.setenv("MB_MIGRATION_PARALLEL_WORKERS", str(hands))
    for name in names:
        work = parallel.Work(name.replace("__", "/"), frozenset(), 1, 1, lambda this: ())
        monkeypatch.setitem(parallel._works, work.key, work)
    status, _ = execute(instance, *(asset(name, build) for name in names))
    assert (status, max(most)) == ("SUCCESS", hands)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_once_its_steps_have_ended(instance, number):
    before, ended = signal.getsignal(signal.SIGINT), []

    def work(context):
        os.kill(os.getpid(), number)
        end = time.monotonic() + LONG
        while not scope.is_interrupted(context.run.run_id) and time.monotonic() < end:
            time.sleep(0.05)
        ended.append(time.monotonic() < end)

    status, stats = execute(instance, asset("long", work), asset("after", deps=["long"]))
    assert (status, ended, set(stats)) == ("FAILURE", [True], {"long"})
    assert signal.getsignal(signal.SIGINT) == before
    (run,) = instance.get_runs(limit=1)
    (end,) = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE).records
    assert "interrupted" in end.event_log_entry.message
    assert not scope.is_interrupted(run.run_id)
