"""What this process and its machine use: memory, CPU, disk. Contains psutil's readings as values, without superuser on any system."""

import os
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

HOST = socket.gethostname()


@dataclass(frozen=True)
class Use:
    """What is used at a moment.

    Attributes:
        memory: Bytes of memory of this process.
        most_memory: The most since the last reading, also between two readings where the system tells.
        available: Bytes of memory that the machine has left.
        cpu_percent: Of this process since the last reading; 100 is one core.
        machine_cpu_percent: Of the machine, of all cores.
        disk_free: Bytes free on the fullest of the disks that are watched; None if none can be read.
    """

    memory: int
    most_memory: int
    available: int
    cpu_percent: float
    machine_cpu_percent: float
    disk_free: int | None


class Machine:
    """Reads what this process uses; each reading is about the time since the one before.

    Args:
        folders: Folders on the disks that are watched.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self.folders = tuple(folders)
        self.process = psutil.Process()
        self.process.cpu_percent()
        psutil.cpu_percent()
        self._high = high_water()

    def memory(self) -> int:
        """Bytes of memory of this process now."""
        return int(self.process.memory_info().rss)

    def read(self) -> Use:
        """What is used now."""
        memory, high = self.memory(), high_water()
        rose, self._high = high > self._high, high
        return Use(
            memory, max(memory, high if rose else 0), int(psutil.virtual_memory().available), self.process.cpu_percent(),
            psutil.cpu_percent(), min((d.free for d in disks(self.folders).values()), default=None),
        )  # fmt: skip


def high_water() -> int:
    """The most bytes of memory that this process ever had; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


@dataclass(frozen=True)
class Disk:
    """A disk of a folder."""

    size: int
    free: int
    percent: float


def disks(folders: Iterable[Path]) -> dict[Path, Disk]:
    """The disk of each folder, or of the nearest folder above it that exists; without those that cannot be read."""
    found = {}
    for folder in folders:
        there = next((f for f in (folder, *folder.parents) if f.exists()), None) if os.access(folder.anchor or ".", os.R_OK) else None
        try:
            usage = psutil.disk_usage(str(there or folder))
        except OSError:
            continue
        found[folder] = Disk(int(usage.total), int(usage.free), float(usage.percent))
    return found
