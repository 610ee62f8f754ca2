"""`mediabase ui`: ready when the definitions are loaded, gone without orphans when told to."""

import json
import signal
import socket
import threading
import urllib.request

import psutil
import pytest

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_taken_port_is_told(project):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = project.run("ui", "--port", str(taken.getsockname()[1]))
    assert done.code == 2
    assert "cannot listen" in done.err


@pytest.mark.parametrize("number", [signal.SIGTERM])
def test_it_serves_the_assets_and_leaves_no_process_behind(project, number):
    port = free_port()
    process = project.start("ui", "--port", str(port))
    watchdog = threading.Timer(150, process.kill)
    watchdog.start()
    try:
        line = ""
        while "Dagster is at" not in line:
            line = process.stdout.readline()
            assert line, process.communicate()
        assert f"http://127.0.0.1:{port}" in line
        assert ["normalized", "genes"] in assets(port)
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


def assets(port: int) -> list[list[str]]:
    query = json.dumps({"query": "{ assetNodes { assetKey { path } } }"}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", query, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return [node["assetKey"]["path"] for node in json.load(answer)["data"]["assetNodes"]]
