"""The views' part of a release: those just built appear, live ones are refreshed or replaced, in the release's transaction.

1. A view that is not live is moved into place, or made there if the tables that it was built from are not the live ones.
2. A live one of the same definition is refreshed concurrently if a table beneath it changed; else it is kept.
3. A live one of another definition is replaced at the very end: its successor is complete before it is dropped, views of other
   people on it are created again, and readers are locked out for the length of a rename.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from mediabase_assets.model.errors import ReleaseError
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.views import VIEWS, View
from mediabase_assets.postgres import dependents
from mediabase_assets.postgres.content_hash import ContentHash, content_hash
from mediabase_assets.postgres.locks import LockHeldError, briefly
from mediabase_assets.postgres.sql_files import Connection, looking_in
from mediabase_assets.views import definition, functions, state
from mediabase_assets.views.definition import Described, Difference

#: How often a replacement tries, a moment each time.
ATTEMPTS = 600


@dataclass(frozen=True)
class ViewChange:
    """What a release or a refresh did to one view.

    Attributes:
        view: Its name.
        how: `moved` into place, `created` there, `replaced`, `refreshed`, or `kept` as it is.
        reason: Why, in words.
        rows: Rows afterwards.
        content_hash: Content afterwards.
    """

    view: str
    how: str
    reason: str
    rows: int
    content_hash: str


@dataclass(frozen=True)
class Plan:
    """What is to be done with a view, decided before anything is done."""

    view: View
    difference: Difference
    reason: str
    described: Described | None
    is_built: bool
    inputs: dict[str, str]


def plans(conn: Connection, live_schema: str, fingerprints: dict[str, str], wanted: Iterable[View] = VIEWS) -> list[Plan]:
    """What is to be done with each view.

    Args:
        conn: A session in a transaction.
        live_schema: Schema in which the released relations are.
        fingerprints: Fingerprints of the live tables.
        wanted: The views.
    """
    recorded = state.records(conn)
    result = []
    for view in wanted:
        described, inputs = definition.describe(conn, live_schema, view.name), state.inputs_of(view, fingerprints)
        result.append(
            Plan(
                view,
                definition.difference(view, described, recorded.get(view.name)),
                state.why_stale(view, described, recorded.get(view.name), inputs),
                described,
                definition.describe(conn, conn.workspace.build, view.name) is not None,
                inputs,
            )
        )
    return result


def release_views(conn: Connection, live_schema: str, fingerprints: dict[str, str], migration_id: str) -> list[ViewChange]:
    """Publish every view, in the transaction that is open; the tables are live already, those of the build schema not yet dropped.

    Args:
        conn: A build session, in a transaction.
        live_schema: Schema in which the released relations are.
        fingerprints: Fingerprints of the live tables.
        migration_id: The migration that releases.

    Raises:
        ReleaseError: A live view has to change and its successor was not built and audited, or something is in the way.
    """
    decided = plans(conn, live_schema, fingerprints)
    _require_built(decided)
    successors: list[Plan] = []
    how: dict[str, str] = {}
    for plan in decided:
        how[plan.view.name] = _publish(conn, plan, live_schema, successors)
    functions.bring(conn, live_schema)
    changes = []
    for plan in decided:
        place = conn.workspace.build if plan in successors else live_schema
        changes.append(_change_of(conn, plan, how[plan.view.name], place))
    replace(conn, [p.view for p in successors], conn.workspace.build, live_schema)
    drop_old_indexes(conn, decided, live_schema)
    for plan, change in zip(decided, changes, strict=True):
        if change.how != "kept":
            state.record(
                conn, plan.view, live_schema, inputs=plan.inputs, content_hash=change.content_hash, rows=change.rows,
                migration_id=migration_id,
            )  # fmt: skip
    return changes


def _require_built(decided: list[Plan]) -> None:
    """A view that does not exist, or has another definition, must have been built and audited.

    One whose tables were rewritten, or brought back to what they were, is refreshed, and must show what was audited before.
    """
    missing = [p for p in decided if p.reason and not p.is_built and p.difference in (Difference.ABSENT, Difference.QUERY)]
    if missing:
        assets = ", ".join(f"views/{p.view.name}" for p in missing)
        raise ReleaseError(
            f"{len(missing)} of {counted(len(decided), 'view')} would show old rows: not built from the tables of this release.",
            where="; ".join(f"{p.view.name}: {p.reason}" for p in missing),
            next_step=f"Materialize {assets}, then release/current_release; or run `mediabase migrate`.",
        )


def _publish(conn: Connection, plan: Plan, live_schema: str, successors: list[Plan]) -> str:
    """Do what does not lock readers out, and say what was done; a successor is left in the build schema."""
    view = plan.view
    if not plan.reason:
        if plan.is_built:
            definition.drop_built(conn, view, conn.workspace.build)
        return "kept"
    if plan.difference in (Difference.NONE, Difference.INDEXES):
        definition.drop_built(conn, view, conn.workspace.build)
        if view.is_materialized:
            refresh_live(conn, plan, live_schema)
        return "refreshed"
    moves = plan.is_built and not _reads_build_schema(conn, view)
    if not moves:
        definition.drop_built(conn, view, conn.workspace.build)
        make_successor(conn, view, conn.workspace.build, live_schema)
    if plan.difference is Difference.QUERY:
        successors.append(plan)
        return "replaced"
    move(conn, view, conn.workspace.build, live_schema)
    return "moved" if moves else "created"


def refresh_live(conn: Connection, plan: Plan, live_schema: str) -> None:
    """Bring rows of a live view up to date, and add its new indexes."""
    assert plan.described is not None
    definition.add_indexes(conn, plan.view, live_schema, plan.described.indexes)
    definition.refresh(conn, plan.view, live_schema)


def drop_old_indexes(conn: Connection, decided: list[Plan], live_schema: str) -> None:
    """Drop the indexes of live views that are no longer wanted; readers are locked out for that moment, so it comes last.

    Raises:
        ReleaseError: Readers never left the views for a moment.
    """
    recorded = state.records(conn)
    outdated = [p for p in decided if p.reason and p.difference is Difference.INDEXES and p.described and p.view.name in recorded]

    def all_at_once() -> None:
        for plan in outdated:
            assert plan.described is not None
            definition.drop_old_indexes(conn, plan.view, live_schema, recorded[plan.view.name], plan.described)

    if outdated:
        patiently(conn, all_at_once, schema=live_schema, names=[p.view.name for p in outdated])


def make_successor(conn: Connection, view: View, schema: str, live_schema: str) -> None:
    """Create a view in another schema that shows the live tables."""
    with looking_in(conn, live_schema):
        definition.create(conn, view, schema)
        definition.finish(conn, view, schema)


def _reads_build_schema(conn: Connection, view: View) -> bool:
    """Whether a view of the build schema shows relations that are not live."""
    reads = conn.value(
        """select exists (
             select from pg_depend as d join pg_rewrite as r on r.oid = d.objid join pg_class as c on c.oid = d.refobjid
             where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
               and r.ev_class = format('%%I.%%I', %s::text, %s::text)::regclass and c.oid <> r.ev_class
               and c.relnamespace = %s::regnamespace)""",
        conn.workspace.build, view.name, conn.workspace.build,
    )  # fmt: skip
    return bool(reads)


def move(conn: Connection, view: View, schema: str, live_schema: str) -> None:
    """Move a view into the live schema, where its name is free."""
    keyword = sql.SQL("materialized view") if view.is_materialized else sql.SQL("view")
    conn.execute(sql.SQL("alter {} {} set schema {}").format(keyword, sql.Identifier(schema, view.name), sql.Identifier(live_schema)))


def replace(conn: Connection, successors: list[View], schema: str, live_schema: str) -> None:
    """Let views of another schema take the place of live ones of the same name, all at once.

    Raises:
        ReleaseError: Readers never left them for a moment, or a view is based on one that cannot be created again.
    """

    def all_at_once() -> None:
        for view in successors:
            _replace(conn, view, schema, live_schema)

    if successors:
        patiently(conn, all_at_once, schema=live_schema, names=[v.name for v in successors])


def _replace(conn: Connection, view: View, schema: str, live_schema: str) -> None:
    described = definition.describe(conn, live_schema, view.name)
    assert described is not None
    grants = dependents.grants_on(conn, live_schema, view.name)
    above = dependents.take_down(conn, live_schema, view.name)
    definition.drop(conn, live_schema, view.name, described.kind)
    move(conn, view, schema, live_schema)
    dependents.give(conn, live_schema, view.name, grants)
    dependents.put_up(conn, above)


def patiently(conn: Connection, action: Callable[[], None], *, schema: str, names: list[str]) -> None:
    """Do what locks readers out: wait a moment only, let them pass, and try again.

    Raises:
        ReleaseError: It never succeeded, or what was done cannot be.
    """
    try:
        briefly(conn, action, on=[(schema, name) for name in names], attempts=ATTEMPTS)
    except LockHeldError as error:
        raise ReleaseError(
            f"A view is being read all the time, so that it could not be replaced{f', by {error.held_by}' if error.held_by else ''}.",
            where=", ".join(names),
            next_step="Nothing was changed. Try again when the long queries that read it have ended (see pg_stat_activity).",
        ) from error
    except (
        psycopg.errors.DependentObjectsStillExist,
        psycopg.errors.UndefinedColumn,
        psycopg.errors.DatatypeMismatch,
        psycopg.errors.UndefinedFunction,
    ) as error:
        raise ReleaseError(
            f"An object that depends on a view does not fit its new definition: {error.diag.message_primary}.",
            where=f"{', '.join(names)}; {error.diag.message_detail or ''}".rstrip("; "),
            next_step="Nothing was changed. Drop or change that object, then release again.",
        ) from error


def _change_of(conn: Connection, plan: Plan, how: str, schema: str) -> ViewChange:
    """What became of a view, and that it holds what was audited."""
    query = "select row_count as rows, content_hash as digest from built_relations where relation = %s"
    recorded = conn.row(ContentHash, query, plan.view.name)
    if recorded is None:
        raise ReleaseError(
            "A view was never built and audited.",
            where=plan.view.name,
            next_step=f"Materialize views/{plan.view.name}, then release again.",
        )
    if how in ("refreshed", "created", "replaced") and plan.view.is_materialized:
        live = content_hash(conn, schema, plan.view.name)
        if live != recorded:
            raise ReleaseError(
                "A view shows other rows over the live tables than those that were audited.",
                where=f"{plan.view.name}: {counted(live.rows, 'row')}, audited {recorded.rows:,}",
                next_step="Another session wrote to the tables meanwhile; run the migration again.",
            )
    return ViewChange(plan.view.name, how, plan.reason, *recorded)
