"""Which backup a migration is based on: a new one, or an earlier one that holds exactly the present state.

How a backup is written, read and verified is in the package `backup`.
"""

from mediabase_assets.backup import (
    BackupManifest,
    current_state,
    find_reusable,
    place_of,
    read_backup,
)
from mediabase_assets.backup.scope import scope_of
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings


def find_reusable_backup(conn: Connection, settings: Settings) -> BackupManifest | None:
    """The newest verified backup of this target that holds exactly the present state: the legacy table, everything live, patients' data.

    Our own records do not count, for every run writes to them; rows of materialized views follow from their tables.
    """
    scope = scope_of(settings, conn.workspace)
    own = (conn.workspace.operations,)
    return find_reusable(place_of(settings), current_state(conn, scope), ignored_schemas=own, live_schema=scope.live_schema)


def backup_of(conn: Connection, settings: Settings, migration_id: str) -> BackupManifest | None:
    """The backup that a migration is based on; None before it is written, or in a run that makes none.

    Raises:
        BackupError: Its files are gone.
    """
    backup_id = conn.value("select backup_id from migration_runs where migration_id = %s", migration_id)
    return read_backup(place_of(settings), backup_id) if backup_id else None
