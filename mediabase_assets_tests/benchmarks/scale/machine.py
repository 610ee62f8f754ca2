"""The facts about a machine and the software on it without which seconds mean nothing."""

import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mediabase_assets.postgres.embedded.binaries import client_tool
from mediabase_assets.postgres.embedded.configuration import this_machine


def facts() -> dict[str, Any]:
    """Cores, memory in bytes, versions, and the commit if there is one."""
    here = this_machine()
    return {
        "cores": here.cores,
        "memory_bytes": here.memory,
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "postgresql": _told([str(client_tool("psql")), "--version"]).removeprefix("psql (PostgreSQL) "),
        "package": version("mediabase-assets"),
        "dagster": version("dagster"),
        "commit": _told(["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())


def _told(command: list[str]) -> str:
    """What a program says; empty if it is not there or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
