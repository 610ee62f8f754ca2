"""The embedded server's configuration, made for the machine it runs on.

It is rewritten at each start, so that it follows the machine; `alter system` has the last word.
"""

import os
from pathlib import Path
from typing import NamedTuple

import psutil

MB = 1 << 20
GB = 1 << 30


class Machine(NamedTuple):
    """What the server may use. Sizes are in bytes."""

    memory: int
    cores: int
    shared_memory: int


def this_machine() -> Machine:
    """Memory and cores as a container or a control group grants them."""
    memory = min([psutil.virtual_memory().total, *_memory_limits()])
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        cores = os.cpu_count() or 1
    try:
        shared_memory = psutil.disk_usage("/dev/shm").total  # noqa: S108 - asked for its size only
    except OSError:
        shared_memory = memory
    return Machine(memory, cores, shared_memory)


def _memory_limits() -> list[int]:
    root = Path("/sys/fs/cgroup")
    files = [root / "memory.max", root / "memory/memory.limit_in_bytes"]
    try:
        own = [line.split(":", 2)[2] for line in Path("/proc/self/cgroup").read_text().splitlines()]
    except OSError:
        own = []
    files += [root / path.lstrip("/") / "memory.max" for path in own]
    limits = []
    for file in files:
        try:
            limits.append(int(file.read_text()))
        except (OSError, ValueError):  # absent, or `max`
            continue
    return [limit for limit in limits if limit > 0]


def server_settings(machine: Machine) -> dict[str, str]:
    """Settings of postgresql.conf, values as text.

    >>> server_settings(Machine(memory=16 * GB, cores=4, shared_memory=8 * GB))["shared_buffers"]
    '4096MB'
    >>> server_settings(Machine(memory=512 * MB, cores=1, shared_memory=64 * MB))["dynamic_shared_memory_type"]
    'sysv'
    """
    memory = machine.memory // MB
    helpers = max(0, min(4, machine.cores - 1))
    settings = {
        "listen_addresses": "",
        "port": "5432",
        "max_connections": "200",
        "shared_buffers": f"{min(max(memory // 4, 32), 8192)}MB",
        "effective_cache_size": f"{max(memory * 6 // 10, 64)}MB",
        "work_mem": f"{min(max(memory // 256, 4), 128)}MB",
        "maintenance_work_mem": f"{min(max(memory // 16, 32), 1024)}MB",
        "max_worker_processes": str(8 + machine.cores),
        "max_parallel_workers": str(machine.cores),
        "max_parallel_workers_per_gather": str(helpers),
        "max_parallel_maintenance_workers": str(helpers),
        "max_locks_per_transaction": "256",
        # bulk loads into new relations skip the log; an embedded server is not replicated
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "synchronous_commit": "on",
        "jit": "off",
        "random_page_cost": "1.1",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        "log_line_prefix": "%m [%p] %q%a ",
        "client_encoding": "UTF8",
    }
    if machine.shared_memory < min(GB, machine.memory // 4):
        # containers have a /dev/shm of 64 MB, which parallel hash joins overflow
        settings["dynamic_shared_memory_type"] = "sysv"
    return settings


def configuration_text(settings: dict[str, str]) -> str:
    """A file that postgresql.conf includes.

    >>> print(configuration_text({"search_path": "it's"}), end="")
    # Written at each start of the embedded server. Use `alter system` for settings of your own.
    search_path = 'it''s'
    """
    lines = ["# Written at each start of the embedded server. Use `alter system` for settings of your own."]
    for name, value in settings.items():
        quoted = value.replace("'", "''")
        lines.append(f"{name} = '{quoted}'")
    return "\n".join(lines) + "\n"
