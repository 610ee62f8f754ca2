"""What came in and what came out: the legacy table, the released tables and views, their sizes.

Contains the questions; where each fact went is in `fates`.
"""

from collections.abc import Iterable
from typing import Any

from psycopg import sql

from mediabase_assets.model.tables import RELATIONS, TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.report.page.reader import Reader, Row

#: How ids were written, by the years of the old programs; the versions of ids tell them apart.
_FORMS = {
    "both_versioned": "transcript and gene ids with versions (as the programs of early 2025 wrote them)",
    "transcript_versioned": "transcript ids with versions, gene ids without (spring 2025)",
    "version_in_features": "ids without versions; versions kept in the column features (from June 2025)",
    "no_version": "ids without versions, and no version kept anywhere",
}
_TABLES = frozenset(t.name for t in TABLES)
#: What one row of each relation is, the first sentence of its description.
_DESCRIPTIONS = {
    name: f"{' '.join(str(text).split()).partition('. ')[0].rstrip('.')}."
    for name, text in (
        *((r.name, r.model.__doc__) for r in RELATIONS),
        *((t.name, t.description) for t in TABLES),
        *((v.name, v.model.__doc__) for v in VIEWS),
    )
}


def came_in(reader: Reader, run: Row, rows_of: dict[str, int]) -> Row:
    """The legacy table: rows, genes, size, fingerprint, forms of ids."""
    size = reader.one(
        "storage",
        """select relation, heap_bytes, toast_bytes, index_bytes, total_bytes from storage
           where migration_id = %(id)s and relation_group = 'legacy table'""",
    )
    return {
        "relation": run.get("legacy_relation"),
        "rows": rows_of.get("extraction/legacy_rows"),
        "genes": rows_of.get("extraction/gene_candidates"),
        "distinct_payloads": rows_of.get("extraction/legacy_payloads"),
        "size_bytes": size.get("total_bytes"),
        "content_hash": run.get("legacy_content_hash"),
        "fingerprint": run.get("legacy_fingerprint"),
        "id_forms": _id_forms(reader, run),
    }


def _id_forms(reader: Reader, run: Row) -> list[Row]:
    """Rows by the form of their ids, from the snapshot that the migration was made of, if it is still there."""
    build = reader.conn.workspace.build
    snapshot = reader.one(
        "legacy_snapshot",
        sql.SQL("select to_jsonb(s) ->> 'content_hash' as content_hash from {} as s").format(sql.Identifier(build, "legacy_snapshot")),
        build,
    )
    if not run.get("legacy_content_hash") or snapshot.get("content_hash") != run["legacy_content_hash"]:
        return []
    counts = reader.one(
        "legacy_rows",
        sql.SQL(
            """select count(*) filter (where t and g) as both_versioned, count(*) filter (where t and not g) as transcript_versioned,
                 count(*) filter (where not t and f) as version_in_features, count(*) filter (where not t and not f) as no_version
               from (select transcript_id like '%%.%%' as t, coalesce(gene_id like '%%.%%', false) as g, feature_gene_id is not null as f
                     from {} where transcript_id is not null) as r"""
        ).format(sql.Identifier(build, "legacy_rows")),
        build,
    )
    return [{"form": name, "description": text, "rows": counts[name]} for name, text in _FORMS.items() if counts.get(name)]


def came_out(reader: Reader, rows_of: dict[str, int]) -> list[Row]:
    """The relations of the release, tables first, with rows, sizes and what the release did to each."""
    tables = reader.rows(
        "release_relations",
        """select l.relation, l.how, l.row_count as rows, l.inserted, l.updated, l.deleted, l.content_hash
           from release_relations as l join releases as r using (release_id) where r.migration_id = %(id)s order by 1""",
    )
    views = reader.rows(
        "release_views",
        """select v.view as relation, 'view' as kind, v.how, v.reason, v.row_count as rows, v.content_hash
           from release_views as v join releases as r using (release_id) where r.migration_id = %(id)s order by 1""",
    )
    shown = [
        {"relation": t.name, "kind": "table", "how": "a view over stored sets", "rows": rows_of.get(f"normalized/{t.name}")}
        for t in TABLES
        if t.is_view and tables
    ]
    sizes = {row["relation"]: row for row in storage(reader)}
    return [
        {
            "kind": row.get("kind") or ("table" if row["relation"] in _TABLES else "part of a table"),
            **{name: row.get(name) for name in ("relation", "rows", "how", "reason", "inserted", "updated", "deleted")},
            "size_bytes": sizes.get(row["relation"], {}).get("total_bytes"),
            "content_hash": row.get("content_hash"),
            "description": _DESCRIPTIONS.get(row["relation"], ""),
        }
        for row in (*sorted((*tables, *shown), key=lambda row: str(row["relation"])), *views)
    ]


def storage(reader: Reader) -> list[Row]:
    """Bytes of every relation as the benchmark measured them, the legacy table first."""
    return reader.rows(
        "storage",
        """select relation_group as "group", relation, heap_bytes, toast_bytes, index_bytes, total_bytes from storage
           where migration_id = %(id)s order by relation_group <> 'legacy table', relation_group, total_bytes desc, relation""",
    )


def by_group(sizes: Iterable[Row]) -> list[Row]:
    """Bytes by group: the legacy table, the tables, the views."""
    groups: dict[str, dict[str, Any]] = {}
    for row in sizes:
        group = groups.setdefault(row["group"], {"group": row["group"], "relations": 0, "heap": 0, "toast": 0, "index": 0, "total": 0})
        group["relations"] += 1
        for part in ("heap", "toast", "index", "total"):
            group[part] += row[f"{part}_bytes"]
    return list(groups.values())
