"""Everything that `mediabase status` knows as one document with stable names: what programs read with `--json`.

Contains the names. A name stays what it is; new ones may come. Times are in UTC, sizes in bytes, times that something took in seconds.
"""

from dataclasses import asdict
from typing import Any

from mediabase_assets.backup import BackupManifest
from mediabase_assets.model.stages import Stage
from mediabase_assets.monitoring.health import HealthFinding
from mediabase_assets.monitoring.live import Live
from mediabase_assets.monitoring.summary import MigrationMetrics
from mediabase_assets.report.status import Relation, Status

#: Changes when a name changes its meaning.
FORMAT = 1


def document(
    status: Status, *, metrics: MigrationMetrics | None, live: Live | None, health: list[HealthFinding], stale: dict[str, str] | None
) -> dict[str, Any]:
    """The document.

    Args:
        status: What is printed.
        metrics: What the newest migration took.
        live: What a run uses that is going on.
        health: Limits that are crossed.
        stale: Assets that have to be rebuilt, with the reasons; None if that was not asked.
    """
    return {
        "format": FORMAT,
        "server": {"place": status.server, "version": status.version, "user": status.user},
        "database": {"name": status.database, "size_bytes": dict(status.databases).get(status.database)},
        "databases": [{"name": name, "size_bytes": size} for name, size in status.databases],
        "target": {"schema": status.target, "records": status.records, "others": list(status.others)},
        "running": status.lock.strip(" ()") or None,
        "live": live and asdict(live),
        "legacy_table": _relation(status.legacy),
        "tables": [*map(_relation, status.tables)],
        "views": [*map(_relation, status.views)],
        "stages": [{**asdict(s), "title": Stage(s.stage).title} for s in status.stages],
        "stale": stale,
        "migrations": [asdict(run) for run in status.runs],
        "releases": [asdict(release) for release in status.releases],
        "rollbacks": [
            {
                "migration_id": c.migration_id, "released_at": c.released_at, "backup_id": c.backup_id or None,
                "is_verified": c.is_verified, "why_not": c.why_not or None,
            }
            for c in status.rollbacks
        ],
        "refreshes": [asdict(refresh) for refresh in status.refreshes],
        "backups": [*map(_backup, status.backups)],
        "advice": [dict(zip(("setting", "now", "better", "why"), advice, strict=True)) for advice in status.advice],
        "metrics": metrics and metrics.as_json(),
        "health": [asdict(finding) for finding in health],
    }  # fmt: skip


def _relation(relation: Relation) -> dict[str, Any]:
    return {"name": relation.name, "rows": relation.rows, "size_bytes": relation.size_bytes}


def _backup(backup: BackupManifest) -> dict[str, Any]:
    return {
        "backup_id": backup.migration_id, "created_at": backup.created_at, "size_bytes": backup.size_bytes,
        "relations": len(backup.relations), "folder": str(backup.folder),
    }  # fmt: skip
