"""Settings of a server that would make a migration faster. They are reported, never changed: the server is not ours.

What our own sessions set for themselves is in `session`; the embedded server is made for its machine in `postgres.embedded.configuration`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from psycopg import Connection

MB = 1 << 20
#: Bytes, seconds or counts in one unit of `pg_settings`, and the names of the settings that are read.
_UNITS = {"8kB": 8192, "kB": 1024, "MB": MB, "s": 1, "ms": 0.001, "min": 60}
_NAMES = (
    "shared_buffers",
    "max_wal_size",
    "checkpoint_timeout",
    "max_parallel_workers",
    "max_parallel_workers_per_gather",
    "temp_file_limit",
)
#: No more of a large table than this is asked to fit into the server's memory.
_LARGEST_BUFFERS = 2048 * MB


class Advice(NamedTuple):
    """One setting that would help.

    Attributes:
        setting: Its name.
        now: Its value, as the server shows it.
        better: What would be better.
        why: What it costs as it is.
    """

    setting: str
    now: str
    better: str
    why: str


def read_settings(conn: Connection[Any]) -> dict[str, tuple[float, str]]:
    """The settings that matter: in bytes, seconds or as a count, and as the server shows them."""
    rows = conn.execute(
        "select name, setting::float8, coalesce(unit, ''), current_setting(name) from pg_settings where name = any(%s)", (list(_NAMES),)
    ).fetchall()
    return {str(name): (float(value) * _UNITS.get(unit, 1) if value > 0 else float(value), str(shown)) for name, value, unit, shown in rows}


def advise(settings: Mapping[str, tuple[float, str]], legacy_bytes: int) -> tuple[Advice, ...]:
    """What would help a migration of a legacy table of that size.

    Measured with the table of 227,198 transcripts on 2 cores; the numbers are in mediabase_assets_tests/benchmarks/README.md.

    Args:
        settings: From `read_settings`.
        legacy_bytes: Bytes of the legacy table with its indexes.

    >>> [a.setting for a in advise({"max_parallel_workers_per_gather": (0.0, "0"), "max_wal_size": (8e9, "8GB")}, 1000)]
    ['max_parallel_workers_per_gather']
    """
    wanted_buffers = min(_LARGEST_BUFFERS, max(128 * MB, legacy_bytes))
    rules = (
        ("shared_buffers", wanted_buffers, f"{wanted_buffers // MB} MB", "tables are read from the operating system again by every step"),
        ("max_wal_size", 2048 * MB, "2 GB or more", "checkpoints fall into the middle of builds and write pages twice"),
        ("checkpoint_timeout", 600, "10 min or more", "checkpoints fall into the middle of builds and write pages twice"),
        ("max_parallel_workers", 1, "the number of cores", "the round trip and content hashes use one core"),
        ("max_parallel_workers_per_gather", 1, "1 or more", "the round trip and content hashes use one core"),
    )
    advice = [
        Advice(name, settings[name][1], better, why) for name, least, better, why in rules if name in settings and settings[name][0] < least
    ]
    limit, shown = settings.get("temp_file_limit", (-1.0, "-1"))
    if 0 <= limit < legacy_bytes:
        advice.append(
            Advice("temp_file_limit", shown, f"{legacy_bytes // MB + 1} MB or more", "a large sort is refused, and the migration fails")
        )
    return tuple(advice)
