"""The release: one asset that publishes everything the layers before it built and audited."""

from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from typing import Any

import dagster as dg

from mediabase_assets.backup.choice import backup_of
from mediabase_assets.extraction.snapshot import Snapshot, current_snapshot
from mediabase_assets.model.errors import ReleaseError
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.stages import Stage
from mediabase_assets.model.statuses import RunStatus
from mediabase_assets.model.tables import TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.planning import freshness, registry
from mediabase_assets.postgres.session import build_session, refresh_session
from mediabase_assets.postgres.sql_files import Connection, vacuum
from mediabase_assets.records import journal
from mediabase_assets.release.publish import Change, release
from mediabase_assets.release.views import ViewChange
from mediabase_assets.roles import grants
from mediabase_assets.runs import parallel, reuse
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.edges import in_order
from mediabase_assets.runs.measuring import with_measures
from mediabase_assets.runs.patients.rematching import rematch_patients
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import rows_table
from mediabase_assets.runs.rollback_report import choices, choices_table
from mediabase_assets.runs.specs import asset_spec
from mediabase_assets.runs.step import step
from mediabase_assets.schema import tables, versions
from mediabase_assets.views import definition, state

KEY = dg.AssetKey(["release", "current_release"])
DEPS = [
    *(dg.AssetKey(["normalized", t.name]) for t in TABLES),
    *(dg.AssetKey(["validation", name]) for name in ("column_account", "round_trip", "leaf_census", "release_checks")),
    *(dg.AssetKey(["views", v.name]) for v in VIEWS),
]
_VERSION = "3"
registry.register(registry.Definition(registry.RELEASE, Stage.INDEXES, tuple(k.to_user_string() for k in DEPS), _VERSION))


@dg.multi_asset(
    name="release__current_release",
    op_tags=in_order("release"),
    specs=[
        asset_spec(
            KEY,
            Stage.INDEXES,
            deps=[*DEPS, dg.AssetKey(registry.BACKUP.split("/"))],
            description="What readers see: all normalized tables and views of one migration, published in one transaction after every "
            "audit has passed. New relations are moved into place; of live tables only the rows that differ are changed, live views "
            "are refreshed while they are read.",
            code_version=_VERSION,
            sources=[Path(__file__)],
            kinds=(),
        )
    ],
)
def current_release(context: dg.AssetExecutionContext, mediabase: Mediabase) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Publish."""
    settings = mediabase.settings()
    with step(context, settings, KEY.to_user_string(), Stage.INDEXES) as this:
        kept = reuse.kept(this, KEY, ())
        if kept is not None:
            with build_session(settings, migration_id=this.migration_id, asset=this.asset) as conn:
                journal.close_run(conn, this.migration_id, RunStatus.UNCHANGED)
            now = {"can be rolled back": choices_table(choices(settings)), **_patients(context, this)}
            yield from (e._replace(metadata={**(e.metadata or {}), **now}) if isinstance(e, dg.MaterializeResult) else e for e in kept)
            return
        with build_session(settings, migration_id=this.migration_id, asset=this.asset) as conn:
            snapshot = current_snapshot(conn, this.asset)
            _require_everything(conn, this)
            changes, shown = release(conn, settings.database.schema_name, this.migration_id)
            versions.record_version(conn, settings.database.schema_name)
            for problem in grants.keep_up(conn, settings):
                context.log.warning(f"A role of readers lacks something of this release, which was not given: {problem}")
            metadata = _shown(this, changes, shown)
            data_version = _record(conn, this, snapshot, changes, shown, metadata)
        with refresh_session(settings, asset=this.asset) as conn:  # the release is committed, whether this succeeds or not
            written = [c.relation for c in changes if c.how != "kept"]
            written += [c.view for c in shown if c.how != "kept" and definition.view_named(c.view).is_materialized]
            vacuum(conn, settings.database.schema_name, written)
        metadata |= _patients(context, this)
        metadata["can be rolled back"] = choices_table(choices(settings))
        shown_of_it: dg.MaterializeResult[Any] = dg.MaterializeResult(
            asset_key=KEY, metadata=metadata, data_version=dg.DataVersion(data_version)
        )
        yield parallel.with_reason(with_measures(shown_of_it, this.measure), this.why)


def _patients(context: dg.AssetExecutionContext, this: AssetRun) -> dict[str, Any]:
    """Match patients with what is live now; a dry run has none."""
    return rematch_patients(context.instance, this.settings, context.log.warning)


def _shown(this: AssetRun, changes: list[Change], shown: list[ViewChange]) -> dict[str, Any]:
    """What Dagster shows of a release."""
    return {
        "release": this.migration_id,
        "rows changed": sum(c.inserted + c.updated + c.deleted for c in changes),
        "changes": rows_table([c.__dict__ for c in changes]),
        "views": rows_table([c.__dict__ for c in shown]),
        "tables": len(TABLES),
        "seconds": this.seconds,
    }


def _require_everything(conn: Connection, this: AssetRun) -> None:
    """Check that nothing that is to be released has to be rebuilt, and that a backup holds what would be changed."""
    stale = freshness.require_fresh(conn, this.settings, this.asset)
    if stale:
        raise ReleaseError(
            f"{len(stale)} of {counted(len(registry.below(this.asset)), 'asset')} must be rebuilt and audited before a release.",
            where="; ".join(f"{key}: {reason}" for key, reason in stale.items()),
            next_step=f"Materialize {', '.join(stale)}, then release/current_release; or run `mediabase migrate`.",
        )
    changes = freshness.why_damaged(conn, this.settings, registry.definition(this.asset))
    if changes and backup_of(conn, this.settings, this.migration_id) is None:
        raise ReleaseError(
            "There is no backup of what is live now.",
            where=f"schema {this.settings.database.schema_name}",
            next_step="Materialize backup/legacy_backup, then release/current_release; or run `mediabase migrate`.",
        )


def _record(
    conn: Connection, this: AssetRun, snapshot: Snapshot, changes: list[Change], shown: list[ViewChange], metadata: dict[str, Any]
) -> str:  # fmt: skip
    """Record the release in the transaction that makes it live; returns its data version."""
    conn.execute("delete from releases where release_id = %s", (this.migration_id,))
    database = this.settings.database
    conn.execute(
        """insert into releases (release_id, migration_id, snapshot_id, schema_version, live_schema, legacy_relation, database_name)
           values (%s, %s, %s, %s, %s, %s, current_database())""",
        (this.migration_id, this.migration_id, snapshot.snapshot_id, tables.SCHEMA_VERSION, database.schema_name,
         f"{database.source_schema}.{database.legacy_table}"),
    )  # fmt: skip
    with conn.cursor() as cursor:
        cursor.executemany(
            """insert into release_relations (release_id, relation, how, row_count, content_hash, inserted, updated, deleted)
               values (%s, %s, %s, %s, %s, %s, %s, %s)""",
            [(this.migration_id, c.relation, c.how, c.rows, c.content_hash, c.inserted, c.updated, c.deleted) for c in changes],
        )
        cursor.executemany(
            """insert into release_views (release_id, view, how, reason, row_count, content_hash)
               values (%s, %s, %s, %s, %s, %s)""",
            [(this.migration_id, c.view, c.how, c.reason, c.rows, c.content_hash) for c in shown],
        )
    _record_live(conn, this.settings.database.schema_name, changes, shown)
    content = md5(repr(sorted((c.relation, c.content_hash) for c in changes)).encode(), usedforsecurity=False)
    content.update(repr(sorted((c.view, c.content_hash) for c in shown)).encode())
    this.finish(conn, rows=sum(c.rows for c in changes), data_version=content.hexdigest(), metadata=metadata)
    journal.close_run(conn, this.migration_id, RunStatus.RELEASED, snapshot.snapshot_id)
    return content.hexdigest()


def _record_live(conn: Connection, live: str, changes: list[Change], shown: list[ViewChange]) -> None:
    """Record that what was built is live, and the state in which each table was released."""
    released = state.fingerprints(conn, live, (c.relation for c in changes))
    conn.execute(
        """update built_relations as b set is_live = true, live_fingerprint = f.fingerprint
           from unnest(%s::text[], %s::text[]) as f (relation, fingerprint) where b.relation = f.relation""",
        (list(released), list(released.values())),
    )
    conn.execute("update built_relations set is_live = true where relation = any(%s)", ([c.view for c in shown],))
