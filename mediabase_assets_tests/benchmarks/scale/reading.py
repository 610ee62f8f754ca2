"""What a database tells about itself before and after a migration: richness, sizes, contents, the journal, settings.

Here belong the queries of the benchmark. Sizes are in bytes, with indexes and TOAST.
"""

from typing import Any

from psycopg import sql

from mediabase_assets.model.legacy import LEGACY_COLUMNS
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.model.views import MATERIALIZED
from mediabase_assets.postgres.session import prepare
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings
from mediabase_assets_tests.benchmarks.scale.figures import Work

#: Legacy rows of which the bytes are counted.
SAMPLED = 20_000
_MEMORY = (
    "shared_buffers", "work_mem", "hash_mem_multiplier", "maintenance_work_mem", "temp_buffers", "max_parallel_workers_per_gather",
    "max_parallel_maintenance_workers",
)  # fmt: skip


def legacy_table(conn: Connection, settings: Settings) -> dict[str, Any]:
    """Rows and bytes of the legacy table, and how rich its annotation is: bytes of JSON text per transcript, over a sample."""
    table = sql.Identifier(settings.database.source_schema, settings.database.legacy_table)
    row = conn.execute(sql.SQL("select count(*), pg_total_relation_size({}::regclass) from {}").format(_name(table), table)).fetchone()
    assert row is not None
    there = {
        c for (c,) in conn.execute("select attname from pg_attribute where attrelid = %s::regclass", (table.as_string(conn),)).fetchall()
    }
    large = [c.name for c in LEGACY_COLUMNS if (c.is_json or c.is_array) and c.name in there]
    text = sql.SQL(" + ").join(sql.SQL("coalesce(octet_length({}::text), 0)").format(sql.Identifier(name)) for name in large)
    share = min(100.0, 100.0 * SAMPLED / max(int(row[0]), 1))
    rich = conn.execute(
        sql.SQL(
            "select avg({text}), avg({text}) filter (where gene_type = 'protein_coding') from {table} tablesample bernoulli ({share})"
            " repeatable (1)"
        ).format(text=text, table=table, share=sql.Literal(share))
    ).fetchone()
    assert rich is not None
    return {
        "rows": int(row[0]), "bytes": int(row[1]), "json_bytes_per_transcript": float(rich[0] or 0),
        "json_bytes_per_coding_transcript": float(rich[1] or 0),
    }  # fmt: skip


def _name(table: sql.Identifier) -> sql.Literal:
    return sql.Literal(table.as_string())


def sizes(conn: Connection, settings: Settings, legacy_bytes: int) -> dict[str, Any]:
    """Bytes of every normalized relation and view, in all and as shares of the legacy table; and of what is kept beside them."""
    live = settings.database.schema_name
    rows = conn.execute(
        """select n.nspname, c.relname, pg_total_relation_size(c.oid) from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
           where n.nspname = any(%s) and c.relkind in ('r', 'm')""",
        ([live, conn.workspace.build, conn.workspace.operations],),
    ).fetchall()
    found = {name: int(size) for schema, name, size in rows if schema == live}
    tables = {r.name: found[r.name] for r in RELATIONS if r.name in found}
    views = {v.name: found[v.name] for v in MATERIALIZED if v.name in found}
    normalized, shown = sum(tables.values()), sum(views.values())
    return {
        "legacy": legacy_bytes, "tables": normalized, "views": shown, "tables_share": normalized / legacy_bytes,
        "views_share": shown / legacy_bytes, "share": (normalized + shown) / legacy_bytes,
        "extraction": sum(int(size) for schema, _, size in rows if schema == conn.workspace.build),
        "records": sum(int(size) for schema, _, size in rows if schema == conn.workspace.operations),
        "relations": {**tables, **views},
    }  # fmt: skip


def hashes(conn: Connection) -> dict[str, dict[str, Any]]:
    """Rows and content of every relation that was built and audited; of a plain view the hash is of its definition."""
    rows = conn.execute("select relation, row_count, content_hash from built_relations where content_hash <> '' order by 1").fetchall()
    return {name: {"rows": int(count), "hash": digest} for name, count, digest in rows}


def journal(conn: Connection) -> list[Work]:
    """The steps of the migration that ended first, in the order of time.

    The columns `build_seconds` and `audit_seconds` may be absent or NULL.
    """
    rows = conn.execute(
        """select to_jsonb(s) || jsonb_build_object(
             'start', extract(epoch from started_at), 'end', extract(epoch from coalesce(finished_at, started_at)))
           from migration_stages as s where migration_id = (select min(migration_id) from migration_stages) order by started_at, asset"""
    ).fetchall()
    return [
        Work(
            row["asset"], row["stage"], float(row["start"]), float(row["end"]), row.get("build_seconds"), row.get("audit_seconds"),
            row["row_count"],
        )
        for (row,) in rows
    ]  # fmt: skip


def memory_settings(conn: Connection, settings: Settings) -> dict[str, str]:
    """What a session that builds may take, as the server understands it."""
    prepare(conn, settings, settings.database.schema_name)
    rows = conn.execute("select name, current_setting(name) from pg_settings where name = any(%s)", (list(_MEMORY),)).fetchall()
    return dict(rows)


def shared_buffers(conn: Connection) -> int:
    """In bytes."""
    row = conn.execute("select pg_size_bytes(current_setting('shared_buffers'))").fetchone()
    return int(row[0]) if row else 0
