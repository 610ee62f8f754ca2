"""Backups of everything that a migration could touch: written, listed, verified, reused."""

from mediabase_assets.backup.create import create_backup
from mediabase_assets.backup.folder import free_name
from mediabase_assets.backup.manifest import (
    BackedUpRelation,
    BackupFile,
    BackupFinding,
    BackupManifest,
    RelationName,
    is_of_target,
    read_manifest,
)
from mediabase_assets.backup.place import at_hand, is_verified, list_backups, place_of, place_text, read_backup
from mediabase_assets.backup.state import BackupScope, BackupState, current_state, find_relations, find_reusable
from mediabase_assets.backup.verify import FINDINGS, verify_backup

__all__ = [
    "FINDINGS",
    "BackedUpRelation",
    "BackupFile",
    "BackupFinding",
    "BackupManifest",
    "BackupScope",
    "BackupState",
    "RelationName",
    "at_hand",
    "create_backup",
    "current_state",
    "find_relations",
    "find_reusable",
    "free_name",
    "is_of_target",
    "is_verified",
    "list_backups",
    "place_of",
    "place_text",
    "read_backup",
    "read_manifest",
    "verify_backup",
]
