"""One size from beginning to end, on a server of its own: load, floor, cold migration, second run, what is there then.

Here belongs the order of things; each part is in a module of its own. The result is plain values, ready for JSON.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from mediabase_assets.model.views import VIEWS
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.embedded import server
from mediabase_assets.postgres.session import memory_budget
from mediabase_assets.settings.load import Settings
from mediabase_assets_tests.benchmarks.place import load, place
from mediabase_assets_tests.benchmarks.scale import figures, reading, watching
from mediabase_assets_tests.benchmarks.scale.floor import measure_floor
from mediabase_assets_tests.benchmarks.scale.sizes import Size

#: What `mediabase migrate` says when all stands.
NOTHING = "Nothing to do"
#: Seconds between two lines about what takes long.
TELLS_EVERY = 20


@dataclass
class Teller:
    """Tells what is done: the size, the phase, the seconds since the beginning."""

    console: Console
    size: str = ""
    _began: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """One line."""
        self.console.print(
            f"{time.monotonic() - self._began:8.1f} s  {self.size:>5}  {text}", highlight=False, markup=False, soft_wrap=True
        )


class MigrationError(Exception):
    """The process of the migration failed; the text is the end of what it said."""


@dataclass(frozen=True)
class Options:
    """How sizes are measured.

    Attributes:
        out: Folder for the scripts of the floor.
        inside: Folder in which temporary ones are made.
        keeps: Whether they stay.
        with_floor: Whether the floor is measured too.
    """

    out: Path
    inside: Path | None = None
    keeps: bool = False
    with_floor: bool = True


def measure(size: Size, options: Options, teller: Teller) -> dict[str, Any]:
    """Measure one size.

    Raises:
        FloorError: A process of the floor failed.
        MigrationError: The migration failed.
    """
    teller.size = size.label
    with place(options.inside, keeps=options.keeps) as (settings, folder):
        if options.keeps:
            teller.say(f"{settings.home} is kept")
        teller.say(f"loading {size.title}")
        result: dict[str, Any] = {"label": size.label, "is_demo": size.legacy_from is None}
        result["load_seconds"] = load(settings, transcripts=size.transcripts, legacy_from=size.legacy_from)
        with connect(settings, autocommit=True) as conn:
            result["legacy"] = legacy = reading.legacy_table(conn, settings)
        rich, coding = (legacy[f"json_bytes_per_{kind}transcript"] / 1e3 for kind in ("", "coding_"))
        teller.say(
            f"loaded {legacy['rows']:,} transcripts in {result['load_seconds']:.1f} s: {rich:.1f} kB of JSON text each, "
            f"coding {coding:.1f} kB, {legacy['bytes'] / 1e6:,.0f} MB in all"
        )
        if options.with_floor:
            teller.say("floor: psql sessions beside pg_dump")
            result["floor"] = floor = measure_floor(settings, options.out / f"floor-{size.file_name}")
            teller.say(f"floor took {floor['seconds']:.2f} s, pg_dump {floor['processes']['pg_dump']:.2f} s of them")
        result["migration"] = _migration(settings, folder, options, teller)
        result |= _afterwards(settings, legacy["bytes"])
    if options.with_floor:
        floor["same_content"] = same_content(floor["hashes"], result["hashes"])
        floor["ratio"] = result["migration"]["seconds"]["core"] / floor["seconds"]
        teller.say(_told(floor))
    return result


def _told(floor: Mapping[str, Any]) -> str:
    differing = [name for name, same in floor["same_content"].items() if not same]
    contents = f"other content in {', '.join(differing)}" if differing else f"the same content in {len(floor['same_content'])} relations"
    return f"the core took {floor['ratio']:.2f} times the floor, which has {contents}"


def same_content(floor: Mapping[str, Any], migration: Mapping[str, Any]) -> dict[str, bool]:
    """For every relation that a migration stores: whether the floor has the same rows."""
    plain = {v.name for v in VIEWS if not v.is_materialized}
    return {name: floor.get(name) == found for name, found in migration.items() if name not in plain}


def _migration(settings: Settings, folder: Path, options: Options, teller: Teller) -> dict[str, Any]:
    """The cold migration, with what it used, and the second one."""
    postmaster = server.status(settings.home).pid
    assert postmaster is not None
    with watching.MemoryWatch(postmaster) as watch:
        teller.say("cold migration")
        told = _run(folder, ["--postmaster", str(postmaster)], watch, teller)
    with connect(settings, autocommit=True) as conn:
        works = figures.joined(reading.journal(conn))
        shared, promised = reading.shared_buffers(conn), reading.memory_settings(conn, settings)
    seconds = figures.shares_of(works, told["seconds"])
    teller.say(f"migrated in {seconds['wall']:.1f} s, core {seconds['core']:.1f} s")
    return {
        "seconds": seconds,
        "second_migrate_seconds": _second_run(folder),
        **{name: told[name] for name in ("import_seconds", "look_seconds", "cpu_seconds", "traffic", "steps")},
        "memory": {
            "python_peak": told["peak_bytes"], "python_with_children_peak": watch.client_peak, "server_peak": watch.server_peak,
            "server_processes_peak": watch.processes_peak, "shared_buffers": shared, "settings": promised,
            "server_budget": memory_budget(0, int(promised["work_mem"].removesuffix("MB")) << 20, Settings().builders + 1),
        },
        "stages": figures.stages_of(works),
        "assets": [w.as_row() for w in sorted(works, key=lambda w: -w.seconds)],
    }  # fmt: skip


def _run(folder: Path, arguments: list[str], watch: watching.MemoryWatch, teller: Teller) -> dict[str, Any]:
    """The process of the migration; a line every now and then while it works."""
    result, log = folder / "migrating.json", folder / "migrating.log"
    command = [sys.executable, "-m", f"{__package__}.migrating", "--result", str(result), *arguments]
    with log.open("w") as file, _started(command, file.fileno()) as process:
        watch.watch_client(process.pid)
        began = time.monotonic()
        while True:
            try:
                code = process.wait(TELLS_EVERY)
                break
            except subprocess.TimeoutExpired:
                teller.say(f"… {time.monotonic() - began:.0f} s, {watch.server_peak / 1e6:,.0f} MB in the server's processes at most")
    if code:
        raise MigrationError("The migration failed:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-30:]))
    found: dict[str, Any] = json.loads(result.read_text())
    return found


def _second_run(folder: Path) -> float:
    """Seconds of `mediabase migrate`, from the start of its process to the end, when there is nothing to do."""
    log = folder / "second.log"
    began = time.monotonic()
    with (
        log.open("w") as file,
        _started([sys.executable, "-m", "mediabase_assets.cli", "migrate", "--skip-confirmation"], file.fileno()) as process,
    ):
        code = process.wait()
    seconds = time.monotonic() - began
    told = log.read_text(errors="replace")
    if code or NOTHING not in told:
        raise MigrationError(f"The second run did not find that there was nothing to do:\n{told}")
    return seconds


@contextmanager
def _started(command: list[str], output: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended when the body fails; it finds the project where this one found it."""
    environment = dict(os.environ) | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _afterwards(settings: Settings, legacy_bytes: int) -> dict[str, Any]:
    """What is there when all is done."""
    with connect(settings, autocommit=True) as conn:
        return {"sizes": reading.sizes(conn, settings, legacy_bytes), "hashes": reading.hashes(conn)}
