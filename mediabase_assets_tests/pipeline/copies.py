"""Copies of a project's database, for tests that change what another test may only read; and what tests look at in it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from psycopg import sql

from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.model.views import MATERIALIZED
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.content_hash import ContentHash, content_hash, physical_fingerprint
from mediabase_assets.views import state as view_state
from mediabase_assets.views.state import fingerprints as fingerprints_of
from mediabase_assets_tests.pipeline import harness


@contextmanager
def copy_of(original: harness.Project, home: Path, *, on_disk: bool = False, **settings: object) -> Iterator[harness.Project]:
    """A project whose database is a copy of another one's, made by the server in a moment; Dagster knows no run of it."""
    with harness.project(home, demo=None, on_disk=on_disk, **settings) as this:
        with connect(this.settings, autocommit=True, dbname="postgres") as conn:
            names = (sql.Identifier(p.settings.database.name) for p in (this, original))
            conn.execute(sql.SQL("create database {} template {}").format(*names))
        this.demo = original.demo
        yield this


def recognize_tables(this: harness.Project) -> None:
    """Record the tables of a copy as those that its views were made from and that passed: a copy has tables of other identity."""
    with this.connect() as conn:
        now = fingerprints_of(conn, "public", [r.name for r in RELATIONS])
        recorded = view_state.records(conn)
        for view in MATERIALIZED:
            inputs = json.dumps({name: now[name] for name in recorded[view.name].inputs})
            conn.execute("update view_state set inputs = %s::jsonb where view = %s", (inputs, view.name))
        view_state.record_audited(conn, {name: now[name] for name in view_state.audited(conn)}, passed=True)


def hashes(this: harness.Project) -> dict[str, ContentHash]:
    """The content of every live relation."""
    with this.connect() as conn:
        return {r.name: content_hash(conn, "public", r.name) for r in RELATIONS}


def fingerprints(this: harness.Project) -> dict[str, str]:
    """Place and writing transaction of every row of every live relation: any write changes it."""
    with this.connect() as conn:
        return {r.name: physical_fingerprint(conn, "public", r.name) for r in RELATIONS}


def relations(this: harness.Project, schema: str) -> set[str]:
    """Names of the tables and views of a schema."""
    rows = this.rows(
        "select relname from pg_class join pg_namespace n on n.oid = relnamespace where nspname = %s and relkind in ('r', 'v', 'm', 'p')",
        schema,
    )
    return {name for (name,) in rows}


def told(result: dg.ExecuteInProcessResult) -> str:
    """What a run says about its failed steps, for people."""
    texts = []
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            texts.append(data.user_failure_data.description if data.user_failure_data else data.error.to_string())
    return "\n".join(str(text) for text in texts)


def sample_of(metadata: dict) -> list[dict]:
    """The rows that a failed check shows."""
    return [dict(record.data) for record in metadata["sample"].records]
