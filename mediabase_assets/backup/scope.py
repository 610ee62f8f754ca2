"""What a backup has to hold: what a migration could ever touch, which a rollback brings back; and patients' data, which none touches."""

from mediabase_assets.backup import BackupScope, RelationName
from mediabase_assets.model.tables import RELATIONS, TABLES
from mediabase_assets.model.views import FUNCTIONS, VIEWS
from mediabase_assets.model.workspace import Workspace
from mediabase_assets.settings.load import Settings


def scope_of(settings: Settings, workspace: Workspace) -> BackupScope:
    """What a migration could ever touch: the legacy table, the live relations, `schema_version`, our own records; and patients' data."""
    live = settings.database.schema_name
    shown = [t.name for t in TABLES if t.is_view]
    names = [*(r.name for r in RELATIONS), *shown, *(v.name for v in VIEWS), "schema_version"]
    return BackupScope(
        legacy=RelationName(settings.database.source_schema, settings.database.legacy_table),
        relations=tuple(RelationName(live, name) for name in names),
        schemas=(workspace.operations, workspace.patients),
        functions=tuple(FUNCTIONS),
        live_schema=live,
    )
