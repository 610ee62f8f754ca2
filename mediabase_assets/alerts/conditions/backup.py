"""Whether what is live could be restored: there is a backup, and the newest was proved in time."""

from datetime import datetime, timedelta

from mediabase_assets.alerts.condition import Condition, Kind
from mediabase_assets.backup.restore_proof import newest_backup
from mediabase_assets.model.quantities import counted, moment
from mediabase_assets.postgres.sql_files import Connection, exists
from mediabase_assets.settings.cron import longest_pause
from mediabase_assets.settings.load import Settings

KEY = "backup"
_PROVE = "Run the job prove_backup in the UI; its check says what is wrong."


def policy(settings: Settings) -> timedelta:
    """How old a backup may be before it was proved, and a proof before the next."""
    days = settings.alerts.backup_proof_days
    return timedelta(days=days) if days else longest_pause(settings.backup.proof_schedule) + timedelta(days=1)


def unproved_backup(settings: Settings, conn: Connection, proved_at: datetime | None, now: datetime) -> Condition | None:
    """The condition that the newest backup is missing or was not proved; None where nothing was released yet.

    Args:
        settings: Where backups are, and the policy.
        conn: A session.
        proved_at: When a backup was last restored as a proof, and everything came back.
        now: When it is.
    """
    released = conn.value("select min(released_at) from releases") if exists(conn, "releases") else None
    if released is None:
        return None
    where, limit = str(settings.backup_dir), policy(settings)
    newest = newest_backup(settings)
    if newest is None:
        step = "Find out where it is (backup_dir); materialize backup/legacy_backup, or run `mediabase migrate`."
        return Condition(KEY, Kind.BACKUP, "There is no backup of what is live.", where, step, since=released, version="none")
    last = max(t for t in (proved_at, newest.created_at) if t is not None)
    if now - last <= limit:
        return None
    days = counted(round(limit.total_seconds() / 86400), "day")
    said = f"the last proof is of {moment(proved_at)}" if proved_at else "no backup was ever restored as a proof"
    what = f"The backup {newest.migration_id} was not proved within {days}: {said}."
    return Condition(KEY, Kind.BACKUP, what, where, _PROVE, since=last + limit, version="unproved")
