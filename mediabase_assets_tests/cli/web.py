"""The web UI as its own pages use it: `mediabase ui` as a process, and GraphQL."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from mediabase_assets_tests.spoiling import LIMITS

JOB = {"repositoryLocationName": "mediabase_assets", "repositoryName": "__repository__", "jobName": "migrate"}
_RUN = "... on LaunchRunSuccess { run { runId } } ... on PythonError { message } ... on RunConfigValidationInvalid { errors { message } }"
LAUNCH = f"mutation($p: ExecutionParams!) {{ launchRun(executionParams: $p) {{ __typename {_RUN} }} }}"
AGAIN = f"mutation($p: ReexecutionParams!) {{ launchRunReexecution(reexecutionParams: $p) {{ __typename {_RUN} }} }}"
AGAIN_STEPS = f"mutation($p: ExecutionParams!) {{ launchRunReexecution(executionParams: $p) {{ __typename {_RUN} }} }}"
_STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status rootRunId } } }"
_TIMES = "query($id: ID!) { runOrError(runId: $id) { ... on Run { stepStats { stepKey startTime endTime } } } }"
_EVENTS = """query($id: ID!, $after: String) { logsForRun(runId: $id, afterCursor: $after) {
  ... on EventConnection { cursor hasMore events {
  __typename ... on MessageEvent { message }
  ... on MaterializationEvent { assetKey { path }
    metadataEntries { label ... on TextMetadataEntry { text } ... on FloatMetadataEntry { floatValue } } }
  ... on ExecutionStepFailureEvent { stepKey failureMetadata { description } } } } } }"""


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Web:
    """A running web UI."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """The data that a query gives."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error
        assert not found.get("errors"), found
        return found["data"]

    def launch(self, job: str = "migrate", *, assets: tuple[str, ...] = ()) -> str:
        """Start a job, or some of its assets; returns the id of the run."""
        selector = JOB | {"jobName": job} | ({"assetSelection": [{"path": a.split("/")} for a in assets]} if assets else {})
        return self._started("launchRun", LAUNCH, {"selector": selector, "runConfigData": {}})

    def re_execute(self, run_id: str, strategy: str) -> str:
        """Re-execute a run: ALL_STEPS, FROM_FAILURE or FROM_ASSET_FAILURE."""
        return self._started("launchRunReexecution", AGAIN, {"parentRunId": run_id, "strategy": strategy})

    def re_execute_steps(self, run_id: str, steps: list[str]) -> str:
        """Re-execute selected steps of a run."""
        metadata = {"parentRunId": run_id, "rootRunId": self.run(run_id)["rootRunId"] or run_id, "tags": []}
        params = {"selector": JOB, "runConfigData": {}, "stepKeys": steps, "executionMetadata": metadata}
        return self._started("launchRunReexecution", AGAIN_STEPS, params)

    def _started(self, name: str, query: str, params: dict[str, object]) -> str:
        answer = self.ask(query, p=params)[name]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return str(answer["run"]["runId"])

    def run(self, run_id: str) -> dict[str, Any]:
        """Status and root of a run."""
        return self.ask(_STATUS, id=run_id)["runOrError"]

    def tags(self, run_id: str) -> dict[str, str]:
        """The tags of a run that its pages list."""
        found = self.ask("query($id: ID!) { runOrError(runId: $id) { ... on Run { tags { key value } } } }", id=run_id)
        return {tag["key"]: tag["value"] for tag in found["runOrError"]["tags"]}

    def end_of(self, run_id: str, seconds: float = 180) -> str:
        """The status in which a run ends."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            status = str(self.run(run_id)["status"])
            if status in ("SUCCESS", "FAILURE", "CANCELED"):
                return status
            time.sleep(0.3)
        raise AssertionError(f"{run_id} does not end: {status}")

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """All events of a run."""
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = self.ask(_EVENTS, id=run_id, after=cursor)["logsForRun"]
            found += page["events"]
            cursor = page["cursor"]
            if not page["hasMore"]:
                return found

    def times(self, run_id: str) -> dict[str, tuple[float, float]]:
        """Begin and end of each step, by the asset that it makes; what the Gantt chart draws."""
        stats = self.ask(_TIMES, id=run_id)["runOrError"]["stepStats"]
        return {s["stepKey"].replace("__", "/", 1): (s["startTime"], s["endTime"]) for s in stats if s["endTime"]}

    def seconds(self, run_id: str) -> dict[str, float]:
        """Seconds in which each asset was built, by its own materialization."""
        made = [e for e in self.events(run_id) if e["__typename"] == "MaterializationEvent"]
        entries = [("/".join(e["assetKey"]["path"]), m) for e in made for m in e["metadataEntries"] if m["label"] == "seconds"]
        return {key: m["floatValue"] for key, m in entries if m.get("floatValue") is not None}

    def rebuilt(self, run_id: str) -> set[str]:
        """Assets that a run built, and did not keep."""
        made = [e for e in self.events(run_id) if e["__typename"] == "MaterializationEvent"]
        how = {"/".join(e["assetKey"]["path"]): {m["label"]: m.get("text", "") for m in e["metadataEntries"]}.get("how", "") for e in made}
        return {key for key, text in how.items() if not text.startswith("kept")}


def start(project: Any, **environment: str) -> tuple[Any, Web]:
    """Start `mediabase ui` of a project and wait until it says its address; returns the process and the UI."""
    port = free_port()
    process = project.start("ui", "--port", str(port), **environment)
    line = ""
    while "Dagster is at" not in line:
        line = process.stdout.readline()
        assert line, process.communicate()
    assert f"http://127.0.0.1:{port}" in line
    return process, Web(port)


@contextmanager
def served(project: Any, seconds: float = 540, **environment: str) -> Iterator[Web]:
    """`mediabase ui` of a project, stopped at the end, and killed if it has not ended after some seconds."""
    process, web = start(project, **environment)
    watchdog = threading.Timer(seconds, process.kill)
    watchdog.start()
    try:
        yield web
    finally:
        watchdog.cancel()
        process.terminate()
        process.communicate(timeout=60)


@contextmanager
def served_with_limits(project: Any) -> Iterator[Web]:
    """A migrated demonstration behind the web UI; more than 100 refused values of a column fail the census."""
    file = project.home.parent / "config.yaml"
    file.write_text(yaml.safe_dump(LIMITS))
    environment = {"MEDIABASE_CONFIG": str(file)}
    done = project.run("migrate", "--skip-confirmation", "--demo", "--demo-transcripts", "1500", **environment)
    assert done.code == 0, done.out + done.err
    with served(project, **environment) as this:
        yield this


def content(project: Any) -> object:
    """A digest of what is damaged and corrected in these tests."""
    return project.value(
        "select md5(string_agg(t::text, ',' order by transcript_id)) from (select transcript_id, chromosome from transcripts) t"
    )
