"""`mediabase health`: whether a part of the web UI answers and has the definitions loaded, for container engines and for `ui`.

Contains the two questions, to the web server and to the code server. Needs neither settings nor the database, and imports no
Dagster, since it is asked every half minute. The daemon has a question of Dagster's own, `dagster-daemon liveness-check`.
"""

import json
import urllib.error
import urllib.request
from enum import StrEnum
from typing import Any

from rich.console import Console
from rich.markup import escape

from mediabase_assets.cli.output import Exit

#: Seconds for an answer.
TIMEOUT = 8
_QUERY = """{ workspaceOrError { __typename ... on PythonError { message } ... on Workspace { locationEntries {
  name loadStatus locationOrLoadError { __typename ... on PythonError { message } } } } } }"""


class Part(StrEnum):
    """Which process is asked."""

    WEBSERVER = "webserver"
    CODE = "code"


#: Where each listens in the image.
PORTS = {Part.WEBSERVER: 3000, Part.CODE: 4000}


def show_health(part: Part, port: int | None, console: Console) -> Exit:
    """Print in a line how a process of this machine is."""
    where = f"127.0.0.1:{port or PORTS[part]}"
    problem = problem_of_web_server(f"http://{where}") if part is Part.WEBSERVER else problem_of_code_server(where)
    lines = (problem or "It does not answer, or the definitions are not loaded yet.").strip().splitlines() if problem != "" else ["well"]
    console.print(escape(f"{part.value} at {where}: {lines[0]}"), soft_wrap=True)
    return Exit.OK if problem == "" else Exit.FAILED


def problem_of_web_server(url: str) -> str | None:
    """Empty if it answers and the definitions are loaded, which `/server_info` would not show; None if not yet, else what is wrong."""
    request = urllib.request.Request(  # noqa: S310  # the address is ours
        f"{url}/graphql", json.dumps({"query": _QUERY}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            workspace: dict[str, Any] = json.load(answer)["data"]["workspaceOrError"]
    except (urllib.error.URLError, OSError, ValueError, KeyError, TypeError):
        return None
    if workspace["__typename"] != "Workspace":
        return str(workspace.get("message") or workspace["__typename"])
    for entry in workspace["locationEntries"]:
        loaded = entry["locationOrLoadError"] or {}
        if entry["loadStatus"] != "LOADED" or not loaded:
            return None
        if loaded["__typename"] == "PythonError":
            return str(loaded["message"])
    return "" if workspace["locationEntries"] else None


def problem_of_code_server(address: str) -> str | None:
    """Empty if it answers, which it does when the definitions are loaded; None if not yet, else what it says."""
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(address) as channel:
        try:
            found = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service="DagsterApi"), timeout=TIMEOUT)
        except grpc.RpcError:
            return None
    serving = health_pb2.HealthCheckResponse.SERVING
    return "" if found.status == serving else f"It says {health_pb2.HealthCheckResponse.ServingStatus.Name(found.status)}."
