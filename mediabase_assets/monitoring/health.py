"""What an administrator should look at: memory, CPU and disks against the limits of the section `monitoring`.

Contains the comparison; who is told is decided elsewhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import psutil

from mediabase_assets.model.quantities import size
from mediabase_assets.monitoring.machine import disks
from mediabase_assets.monitoring.measure import MB
from mediabase_assets.settings.load import Settings


@dataclass(frozen=True)
class HealthFinding:
    """A limit that is crossed.

    Attributes:
        name: `memory`, `cpu` or `disk`; of a disk with its folder.
        severity: Which limit.
        measured: What was measured; `threshold`: the limit; both in `unit`.
        explanation: The same as sentences, with the next step.
    """

    name: str
    severity: Literal["warning", "critical"]
    measured: float
    threshold: float
    unit: str
    explanation: str


def health(settings: Settings, *, memory: int | None = None, cpu_percent: float | None = None) -> list[HealthFinding]:
    """The limits that are crossed now; the worse limit of each.

    Args:
        settings: The limits, and the folders whose disks are looked at.
        memory: Bytes of memory of the process that works; by default of this one.
        cpu_percent: Of the machine; by default the load of the last five minutes per core, at most 100.
    """
    used = int(psutil.Process().memory_info().rss) if memory is None else memory
    busy = min(100 * psutil.getloadavg()[1] / (psutil.cpu_count() or 1), 100.0) if cpu_percent is None else cpu_percent
    return [*_memory(settings, used), *_cpu(settings, busy), *_disks(settings)]


def crossed(value: float, warning: float, critical: float) -> tuple[Literal["warning", "critical"], float] | None:
    """Which of two limits a value reaches, with that limit.

    >>> crossed(90, 85, 95), crossed(95, 85, 95), crossed(84.9, 85, 95)
    (('warning', 85), ('critical', 95), None)
    """
    return ("critical", critical) if value >= critical else ("warning", warning) if value >= warning else None


def _memory(settings: Settings, used: int) -> Iterator[HealthFinding]:
    limits = settings.monitoring
    found = crossed(used / MB, limits.memory_warning_mb, limits.memory_critical_mb)
    if found:
        severity, limit = found
        text = f"The process uses {size(used)} of memory; monitoring.memory_{severity}_mb is {limit:,.0f}."
        step = "Its memory does not grow with the data: see which asset it builds (mediabase metrics), or raise the limit."
        yield HealthFinding("memory", severity, round(used / MB, 1), limit, "MB", f"{text} {step}")


def _cpu(settings: Settings, busy: float) -> Iterator[HealthFinding]:
    limits = settings.monitoring
    found = crossed(busy, limits.cpu_warning_percent, limits.cpu_critical_percent)
    if found:
        severity, limit = found
        text = f"The machine's CPU is in use to {busy:.0f} %; monitoring.cpu_{severity}_percent is {limit:g}."
        yield HealthFinding("cpu", severity, busy, limit, "%", f"{text} A migration uses what there is; other programs wait meanwhile.")


def _disks(settings: Settings) -> Iterator[HealthFinding]:
    limits = settings.monitoring
    told: set[tuple[int, int]] = set()
    for folder, disk in disks((settings.home, settings.backup_dir)).items():
        found = crossed(disk.percent, limits.disk_warning_percent, limits.disk_critical_percent)
        if found and (disk.size, disk.free) not in told:  # two folders of one disk are told once
            told.add((disk.size, disk.free))
            severity, limit = found
            text = f"The disk of {folder} is {disk.percent:.0f} % full, {size(disk.free)} are free; "
            text += f"monitoring.disk_{severity}_percent is {limit:g}."
            yield HealthFinding(
                f"disk of {folder}", severity, disk.percent, limit, "%", f"{text} Free space there, or delete backups that are not needed."
            )
