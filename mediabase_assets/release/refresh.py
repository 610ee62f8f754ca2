"""Bringing one live view up to date outside a release: from tables that passed their audit, audited before the commit.

A refresh whose audit fails is rolled back, so that it never replaces good content; readers see the old rows until the
commit, and do not wait. Killed at any moment, it leaves the old view.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg import sql

from mediabase_assets.audit.checks import AuditRollback, check_keys, check_model, check_references
from mediabase_assets.model.errors import AuditError, BuildError
from mediabase_assets.model.finding import Finding, in_short
from mediabase_assets.model.tables import Table
from mediabase_assets.model.views import View
from mediabase_assets.normalized.tables import table_named
from mediabase_assets.postgres.sql_files import Connection, is_there
from mediabase_assets.records.tables import prepare_schemas
from mediabase_assets.release import views as view_release
from mediabase_assets.release.views import Plan, ViewChange
from mediabase_assets.views import definition, state
from mediabase_assets.views.definition import Difference

Findings = Callable[[Connection, View], list[Finding]]


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did, and what its audit found."""

    change: ViewChange
    rows_before: int | None
    findings: list[Finding]


def refresh_view(conn: Connection, view: View, live_schema: str, *, run_id: str, findings: Findings) -> Refreshed:
    """Bring a view up to date if its tables or its definition changed.

    Args:
        conn: A refresh session.
        view: The view.
        live_schema: Schema in which the released relations are.
        run_id: The run that does it, for the record.
        findings: The audit of the view that the session sees.

    Raises:
        AuditError: A table that it is made from does not pass its audit.
        BuildError: A table does not exist.
        ReleaseError: Something is in the way of a replacement.
    """
    _require_tables(conn, view, live_schema)
    if not state.has_records(conn):
        with conn.transaction():
            prepare_schemas(conn, live_schema)
    fingerprints = _audited_inputs(conn, view, live_schema)
    began = datetime.now(UTC)
    results: list[Finding] = []
    try:
        with conn.transaction():
            plan = view_release.plans(conn, live_schema, fingerprints, [view])[0]
            before = state.records(conn).get(view.name)
            change = _bring_up_to_date(conn, plan, live_schema, findings, results)
            if change.how != "kept":
                state.record(
                    conn, view, live_schema, inputs=plan.inputs, content_hash=change.content_hash, rows=change.rows,
                    migration_id=f"refresh {run_id[:8]}",
                )  # fmt: skip
            _log(conn, change, before.rows if before else None, run_id, began)
    except AuditRollback:
        change = ViewChange(view.name, "rolled back", "its audit failed", 0, "")
        before = None
    return Refreshed(change, before.rows if before else None, results)


def _require_tables(conn: Connection, view: View, live_schema: str) -> None:
    for name in state.stored_relations(view):
        if not is_there(conn, live_schema, name):
            raise BuildError(
                f"The table {name} is not there, so that {view.name} has nothing to show.",
                where=f"schema {live_schema}",
                next_step="Run `mediabase migrate` first.",
            )


def _audited_inputs(conn: Connection, view: View, live_schema: str) -> dict[str, str]:
    """The fingerprints of a view's tables, each of which has passed its audit as it is now.

    Raises:
        AuditError: One does not pass.
    """
    fingerprints = state.fingerprints(conn, live_schema, state.stored_relations(view))
    for parent in view.parents:
        table = table_named(parent)
        wrong = _audit(conn, table, {r.name: fingerprints[r.name] for r in table.relations})
        if wrong:
            raise AuditError(
                f"The table {table.name} does not pass its audit, so that {view.name} was not refreshed from it: {wrong}.",
                where=f"{live_schema}.{table.name}",
                next_step="Correct its rows (the job `audit` shows them); the view keeps its content until then.",
            )
    return fingerprints


def _audit(conn: Connection, table: Table, fingerprints: dict[str, str]) -> str:
    """Why a live table does not pass its audit; empty if it does. What was audited in this state before is not audited again."""
    known = state.audited(conn)
    audits = [known.get(name) for name in fingerprints]
    if all(s is not None and s[0] == fingerprint for s, fingerprint in zip(audits, fingerprints.values(), strict=True)):
        return "" if all(s is not None and s[1] for s in audits) else "it did not at its last audit"
    with conn.transaction():
        checks = [check_keys(conn, table), check_references(conn, table), check_model(conn, table)]
    failed = [c for c in checks if c is not None and not c.passed]
    state.record_audited(conn, fingerprints, passed=not failed)
    return in_short(failed)


def _bring_up_to_date(conn: Connection, plan: Plan, live_schema: str, findings: Findings, results: list[Finding]) -> ViewChange:
    """Refresh, create or replace, and audit what the session then sees."""
    view, how = plan.view, "kept"
    if plan.reason and plan.difference in (Difference.NONE, Difference.INDEXES):
        view_release.refresh_live(conn, plan, live_schema)
        how = "refreshed"
    elif plan.reason:
        successors = conn.workspace.successors
        conn.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(successors)))
        definition.drop_built(conn, view, successors)
        view_release.make_successor(conn, view, successors, live_schema)
        _set_search_path(conn, successors, conn.workspace.operations, live_schema)
        how = "created" if plan.difference is Difference.ABSENT else "replaced"
    results += findings(conn, view)
    if any(not f.passed for f in results):
        raise AuditRollback
    digest, rows = "", 0
    if how in ("created", "replaced"):
        rows, digest = definition.content_of(conn, view, conn.workspace.successors)
        _publish(conn, view, how, live_schema)
    elif how == "refreshed":
        rows, digest = definition.content_of(conn, view, live_schema)
        view_release.drop_old_indexes(conn, [plan], live_schema)
    else:
        known = state.records(conn)[view.name]
        rows, digest = known.rows, known.content_hash
    return ViewChange(view.name, how, plan.reason, rows, digest)


def _set_search_path(conn: Connection, *schemas: str) -> None:
    conn.execute(sql.SQL("set local search_path = {}").format(sql.SQL(", ").join(map(sql.Identifier, schemas))))


def _publish(conn: Connection, view: View, how: str, live_schema: str) -> None:
    _set_search_path(conn, conn.workspace.operations, live_schema)
    if how == "created":
        view_release.move(conn, view, conn.workspace.successors, live_schema)
    else:
        view_release.replace(conn, [view], conn.workspace.successors, live_schema)
    conn.execute(sql.SQL("drop schema {}").format(sql.Identifier(conn.workspace.successors)))


def _log(conn: Connection, change: ViewChange, before: int | None, run_id: str, began: datetime) -> None:
    conn.execute(
        """insert into view_refreshes (view, run_id, how, reason, rows_before, row_count, content_hash, seconds)
           values (%s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            change.view,
            run_id,
            change.how,
            change.reason,
            before,
            change.rows,
            change.content_hash,
            (datetime.now(UTC) - began).total_seconds(),
        ),
    )
