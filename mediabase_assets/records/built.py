"""Writes `built_relations` in `mediabase_ops`: what was built, relation by relation."""

from mediabase_assets.model.tables import Relation
from mediabase_assets.postgres.content_hash import ContentHash, content_hash
from mediabase_assets.postgres.sql_files import Connection


def record_built(
    conn: Connection, *, asset: str, schema: str, relations: tuple[Relation, ...], snapshot_id: str,
    migration_id: str, code_version: str,
) -> str:  # fmt: skip
    """Hash relations that were built, record them in `built_relations`, and return one hash over all of them."""
    digests = []
    for relation in relations:
        content = content_hash(conn, schema, relation.name)
        digests.append(content.digest)
        note_built(
            conn, relation.name, content, asset=asset, snapshot_id=snapshot_id, migration_id=migration_id, code_version=code_version
        )  # fmt: skip
    return "-".join(digests) if len(digests) > 1 else digests[0]


def note_built(
    conn: Connection, name: str, content: ContentHash, *, asset: str, snapshot_id: str, migration_id: str, code_version: str
) -> None:
    """Record in `built_relations` a relation that was built: from which snapshot, with which content."""
    conn.execute(
        """insert into built_relations (
             relation, asset, snapshot_id, migration_id, row_count, content_hash, code_version, is_live)
           values (%(relation)s, %(asset)s, %(snapshot)s, %(migration)s, %(rows)s, %(digest)s, %(code)s, false)
           on conflict (relation) do update set asset = excluded.asset, snapshot_id = excluded.snapshot_id,
             migration_id = excluded.migration_id, row_count = excluded.row_count, content_hash = excluded.content_hash,
             code_version = excluded.code_version, built_at = now(), is_live = false""",
        {"relation": name, "asset": asset, "snapshot": snapshot_id, "migration": migration_id, "rows": content.rows,
         "digest": content.digest, "code": code_version},
    )  # fmt: skip


def note_extracted(conn: Connection, name: str, *, asset: str, snapshot_id: str, migration_id: str, rows: int) -> None:
    """Record an extraction relation, whose content needs no hash, so that one which a crash emptied is noticed."""
    note_built(conn, name, ContentHash(rows, ""), asset=asset, snapshot_id=snapshot_id, migration_id=migration_id, code_version="")
