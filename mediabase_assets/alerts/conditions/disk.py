"""Whether the disks have room: those of the home, of the backups, and of the server's data where these are on this machine."""

from pathlib import Path

import psutil

from mediabase_assets.alerts.condition import Condition, Kind
from mediabase_assets.model.quantities import size
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings

_GB = 2**30


def low_disks(settings: Settings, conn: Connection) -> list[Condition]:
    """A condition for each disk with less space free than configured; several folders of one disk are one.

    Args:
        settings: Folders and threshold.
        conn: A session, to ask where the server's data are.
    """
    least = settings.alerts.disk_free_gb * _GB
    found = []
    for number, (path, what) in sorted(_disks(settings, conn).items()):
        free = psutil.disk_usage(str(path)).free
        if free < least:
            sentence = f"The disk of {what} has {size(free)} free, less than {size(least)}."
            step = "Free space, or remove backups that are no longer needed; a migration needs three times the legacy table."
            found.append(Condition(f"disk/{number}", Kind.DISK, sentence, str(path), step, f"df -h {path}"))
    return found


def _disks(settings: Settings, conn: Connection) -> dict[int, tuple[Path, str]]:
    """For each disk one of the folders, and what is on it."""
    disks: dict[int, tuple[Path, str]] = {}
    for folder, what in ((settings.home, "the home"), (settings.backup_dir, "the backups"), (_data_folder(conn), "the server's data")):
        path = _existing(folder) if folder else None
        if path is not None:
            number = path.stat().st_dev
            before = disks.get(number)
            disks[number] = (before[0], f"{before[1]}, {what}") if before else (path, what)
    return disks


def _existing(folder: Path) -> Path | None:
    """The folder, or the nearest above it that exists; None where it cannot be seen."""
    try:
        return next((p for p in (folder, *folder.parents) if p.exists()), None)
    except OSError:  # a folder of another account
        return None


def _data_folder(conn: Connection) -> Path | None:
    """Where the server's data are, if that is on this machine and this role may know it."""
    if not conn.value("select pg_has_role(current_user, 'pg_read_all_settings', 'usage')"):
        return None
    # a server on another machine may have the same path: only a socket or the loopback address is this machine
    is_here = conn.value("select inet_client_addr() is null or inet_client_addr() << '127.0.0.0/8' or inet_client_addr() = '::1'")
    return Path(str(conn.value("select current_setting('data_directory')"))) if is_here else None
