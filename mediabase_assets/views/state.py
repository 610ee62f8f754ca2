"""What is known about live views and the tables beneath: records, fingerprints, and what follows from them.

A view is stale if a table that it was made from has another fingerprint now: so changes that Dagster does not know of
are noticed too, from the tables themselves. Fingerprints are taken before a view is made, never after: what is written in
between is then seen the next time, and nothing is missed.
"""

import json
from collections.abc import Iterable

from mediabase_assets.model.views import MATERIALIZED, View
from mediabase_assets.normalized.tables import table_named
from mediabase_assets.postgres.content_hash import physical_fingerprint
from mediabase_assets.postgres.sql_files import Connection, exists
from mediabase_assets.views import definition
from mediabase_assets.views.definition import Described, Difference, Recorded


def stored_relations(view: View) -> tuple[str, ...]:
    """The stored relations that a view is made from, in order.

    >>> from mediabase_assets.model.views import VIEWS
    >>> stored_relations(definition.view_named("go_term_hierarchy_view"))
    ('genes', 'go_term_set_members', 'go_term_sets', 'go_terms', 'transcripts')
    """
    return tuple(sorted({r.name for parent in view.parents for r in table_named(parent).relations}))


def fingerprints(conn: Connection, schema: str, names: Iterable[str]) -> dict[str, str]:
    """The fingerprint of each relation of a schema: any write to it, or its replacement, changes it."""
    return {name: physical_fingerprint(conn, schema, name) for name in sorted(set(names))}


def inputs_of(view: View, by_relation: dict[str, str]) -> dict[str, str]:
    """The fingerprints that matter to a view."""
    return {name: by_relation[name] for name in stored_relations(view)}


def records(conn: Connection) -> dict[str, Recorded]:
    """What is recorded about every view; empty before the first release."""
    if not has_records(conn):
        return {}
    rows = conn.execute("select view, definition, catalogue, index_names, inputs, content_hash, row_count from view_state").fetchall()
    return {
        view: Recorded(value, catalogue, tuple(index_names), inputs, digest, number)
        for view, value, catalogue, index_names, inputs, digest, number in rows
    }


def record(conn: Connection, view: View, schema: str, *, inputs: dict[str, str], content_hash: str, rows: int, migration_id: str) -> None:
    """Record what a view is now, and from which tables it was made."""
    described = definition.describe(conn, schema, view.name)
    assert described is not None
    conn.execute(
        """insert into view_state (view, definition, catalogue, index_names, inputs, content_hash, row_count, migration_id)
           values (%(view)s, %(definition)s, %(catalogue)s, %(indexes)s, %(inputs)s::jsonb, %(hash)s, %(rows)s, %(migration)s)
           on conflict (view) do update set definition = excluded.definition, catalogue = excluded.catalogue,
             index_names = excluded.index_names, inputs = excluded.inputs, content_hash = excluded.content_hash,
             row_count = excluded.row_count, migration_id = excluded.migration_id, refreshed_at = now()""",
        {
            "view": view.name, "definition": definition.definition_of(view), "catalogue": described.catalogue,
            "indexes": [i.name_on(view.name) for i in view.all_indexes], "inputs": json.dumps(inputs), "hash": content_hash,
            "rows": rows, "migration": migration_id,
        },
    )  # fmt: skip


def refresh_reasons(conn: Connection, schema: str) -> dict[str, str]:
    """The materialized views whose tables all exist, each with the reason why it is old; empty where it is up to date."""
    recorded = records(conn)
    present = _relations(conn, schema)
    shown = [v for v in MATERIALIZED if present.issuperset(stored_relations(v))]
    current = fingerprints(conn, schema, {name for v in shown for name in stored_relations(v)})
    return {
        view.name: why_stale(view, definition.describe(conn, schema, view.name), recorded.get(view.name), inputs_of(view, current))
        for view in shown
    }


def why_stale(view: View, described: Described | None, recorded: Recorded | None, inputs: dict[str, str]) -> str:
    """Why a live view has to be refreshed, created or replaced; empty if it has not. A plain view never shows old rows."""
    differs = definition.difference(view, described, recorded)
    if differs is Difference.ABSENT:
        return "it is not there"
    if differs is not Difference.NONE:
        return f"its {differs.value} changed" if recorded else "it is not ours"
    if not view.is_materialized:
        return ""
    assert recorded is not None
    changed = [name for name, fingerprint in inputs.items() if recorded.inputs.get(name) != fingerprint]
    return f"{', '.join(changed)} changed" if changed else ""


def record_audited(conn: Connection, by_relation: dict[str, str], *, passed: bool) -> None:
    """Record the outcome of an audit of relations, by their fingerprints."""
    with conn.cursor() as cursor:
        cursor.executemany(
            """insert into audited_relations (relation, fingerprint, passed) values (%s, %s, %s)
               on conflict (relation) do update set fingerprint = excluded.fingerprint, passed = excluded.passed, audited_at = now()""",
            [(name, fingerprint, passed) for name, fingerprint in by_relation.items()],
        )


def audited(conn: Connection) -> dict[str, tuple[str, bool]]:
    """For every relation the fingerprint that was last audited, and whether it passed."""
    rows = conn.execute("select relation, fingerprint, passed from audited_relations").fetchall()
    return {relation: (fingerprint, passed) for relation, fingerprint, passed in rows}


def has_records(conn: Connection) -> bool:
    """Whether the tables of records exist; a migration of an earlier version did not make them."""
    return exists(conn, "view_state")


def _relations(conn: Connection, schema: str) -> set[str]:
    return set(conn.values("select relname from pg_class where relnamespace = to_regnamespace(quote_ident(%s)) and relkind = 'r'", schema))
