"""`mediabase ui`: ready when the definitions are loaded, gone without orphans when told to."""

import contextlib
import re
import signal
import socket
import threading
import time
import urllib.request

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from mediabase_assets.postgres.connect import connect
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.cli.web import free_port, start

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]


def test_a_taken_port_is_told(project):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = str(taken.getsockname()[1])
        done = project.run("ui", "--port", number)
        metrics = project.run("ui", "--port", str(free_port()), "--metrics-port", number)
    assert (done.code, metrics.code) == (2, 2)
    assert "mediabase ui --metrics-port" in metrics.err
    assert "cannot listen" in done.err
    port = int(re.search(r"mediabase ui --port (\d+)`", done.err)[1])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))


@pytest.mark.parametrize("number", [signal.SIGTERM])
def test_it_serves_the_assets_and_leaves_no_process_behind(project, number):
    config, port = project.home.parent / "metrics.yaml", free_port()
    config.write_text(f"monitoring: {{metrics_port: {port}}}\n")
    process, web = start(project, MEDIABASE_CONFIG=str(config))  # says the address that it was given
    watchdog = threading.Timer(150, process.kill)
    watchdog.start()
    try:
        nodes = web.ask("{ assetNodes { assetKey { path } } }")["assetNodes"]
        assert ["normalized", "genes"] in [node["assetKey"]["path"] for node in nodes]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
            told = {family.name: family for family in text_string_to_metric_families(answer.read().decode())}
        assert told["mediabase_up"].samples[0].value == 1
        assert {s.labels["status"] for s in told["mediabase_runs"].samples} >= {"success", "failure", "queued"}
        assert [dep["columnName"] for dep in column_deps(web, "gene_summary_view", "avg_expression_fold_change")] == [
            "expression_fold_change"
        ]
        second = project.run("ui", "--port", str(free_port()))
        assert (second.code, "running already" in second.err) == (2, True)
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 2
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert "Stopping" in out
        assert psutil.wait_procs(children, timeout=20)[1] == []
    finally:
        watchdog.cancel()
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=60)


def column_deps(web, view, column):
    """What the UI is told of the lineage of a column of a view."""
    entries = web.ask(
        """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode { metadataEntries {
             ... on TableColumnLineageMetadataEntry { lineage { columnName columnDeps { assetKey { path } columnName } } } } } } }""",
        key={"path": ["views", view]},
    )["assetNodeOrError"]["metadataEntries"]
    lineage = next(entry["lineage"] for entry in entries if entry)
    return next(line["columnDeps"] for line in lineage if line["columnName"] == column)


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)


def killed(process):
    """Kill a web UI as nothing can hinder; returns the processes that it had started."""
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate(timeout=20)
    return children


def test_a_killed_one_takes_its_processes_with_it(project):
    process, web = start(project)
    children = killed(process)
    try:
        assert len(children) >= 3
        assert psutil.wait_procs(children, timeout=20)[1] == []
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", int(web.url.rpartition(":")[2])))
    finally:
        for one in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
    stop(start(project)[0])


@pytest.fixture(scope="module")
def migrated(project):
    done = project.migrate("--demo", "--demo-transcripts", "1500")
    assert done.code == 0, done.out + done.err
    return project


def started(project):
    """A web UI with a run that rebuilds everything and is at work."""
    process, web = start(project)
    run_id = web.launch("rebuild_everything")
    end = time.monotonic() + 120
    while not any(e["__typename"] == "ExecutionStepStartEvent" for e in web.events(run_id)):
        assert time.monotonic() < end
        time.sleep(0.2)
    return process, web, run_id


def test_ctrl_c_waits_for_a_run_that_is_at_work(migrated):
    process, _, run_id = started(migrated)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=180)
    assert f"The run {run_id[:8]} (rebuild_everything) is at work. Waiting until it ends; Ctrl-C again cancels it" in out
    assert f"The run {run_id[:8]} ended: success." in out
    assert (process.returncode, err) == (0, "")
    assert migrated.value("select status from mediabase_ops.migration_runs where run_id = %s", run_id) in ("released", "unchanged")


@pytest.mark.parametrize("signals", [(signal.SIGINT, signal.SIGINT), (signal.SIGTERM,)], ids=["Ctrl-C twice", "TERM"])
def test_a_run_is_canceled_and_releases_nothing(migrated, signals):
    before = migrated.value("select count(*) from mediabase_ops.releases")
    process, _, run_id = started(migrated)
    for number in signals:
        process.send_signal(number)
        time.sleep(2)
    out, err = process.communicate(timeout=120)
    assert f"The run {run_id[:8]} was canceled; nothing of it was released." in out
    assert (process.returncode, err) == (130, "")
    assert migrated.value("select count(*) from mediabase_ops.releases") == before
    process, web, again = started(migrated)  # the daemon does not repeat what a person canceled
    try:
        query = "{ runsOrError(limit: 2) { ... on Runs { results { runId status } } } }"
        runs = web.ask(query)["runsOrError"]["results"]
        assert [(r["runId"], r["status"] == "CANCELED") for r in runs] == [(again, False), (run_id, True)]
    finally:
        stop(process)


def test_a_run_that_is_just_starting_is_canceled_too(migrated):
    before = migrated.value("select count(*) from mediabase_ops.releases")
    process, web = start(migrated)
    run_id = web.launch(job="rebuild_everything")
    end = time.monotonic() + 60
    while web.run(run_id)["status"] in ("NOT_STARTED", "QUEUED") and time.monotonic() < end:
        time.sleep(0.02)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=120)
    assert f"The run {run_id[:8]} was canceled; nothing of it was released." in out
    assert (process.returncode, err) == (130, "")
    assert psutil.wait_procs(children, timeout=20)[1] == []
    assert migrated.value("select count(*) from mediabase_ops.releases") == before
    settings = load_settings(home=migrated.home, database={"host": None})
    with connect(settings, dbname=f"{settings.database.name}_dagster") as conn:  # not FAILURE, which the daemon repeats
        assert conn.execute("select status from runs where run_id = %s", (run_id,)).fetchone() == ("CANCELED",)
        assert conn.execute("select value from run_tags where run_id = %s and key = 'dagster/will_retry'", (run_id,)).fetchall() in (
            [],
            [("false",)],
        )


def test_a_run_that_is_at_work_finishes_if_the_ui_is_killed(migrated):
    process, _, run_id = started(migrated)
    children = killed(process)
    process, web = start(migrated)
    try:
        assert web.end_of(run_id) == "SUCCESS"
        assert psutil.wait_procs(children, timeout=30)[1] == []
    finally:
        stop(process)
