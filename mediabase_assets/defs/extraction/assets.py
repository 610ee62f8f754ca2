"""The extraction layer: one snapshot of the legacy table, and one relation per kind of fact taken from it.

The relations are declared in `model.extraction`; how an asset of one runs is in `runs/factories/extraction.py`. Contains the snapshot.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from mediabase_assets.curation.records import record_changes
from mediabase_assets.extraction.rules import EXTRACTION, RULES, define_rules
from mediabase_assets.extraction.snapshot import SNAPSHOT_RELATIONS, Snapshot, known_content, take_snapshot
from mediabase_assets.legacy.table import describe_legacy_table
from mediabase_assets.model.extraction import EXTRACTIONS
from mediabase_assets.model.stages import Stage
from mediabase_assets.planning import registry
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.content_hash import physical_fingerprint
from mediabase_assets.postgres.sql_files import Connection, code_version, count, looking_in, run
from mediabase_assets.records.built import note_extracted
from mediabase_assets.runs import parallel, reuse
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.runs.edges import in_order
from mediabase_assets.runs.factories.extraction import extraction_asset, shown_columns
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.specs import asset_spec
from mediabase_assets.runs.step import step

SCHEMA = dg.AssetKey(["schema", "normalized_schema"])
ROWS, PAYLOADS = (dg.AssetKey(["extraction", name]) for name in SNAPSHOT_RELATIONS)
LEGACY = dg.AssetKey(registry.LEGACY.split("/"))
_VERSION = code_version(*RULES, *(EXTRACTION / f"{name}.sql" for name in ("functions", *SNAPSHOT_RELATIONS)))
#: Seconds on the real table, as measured.
_COST = 11
for _name in SNAPSHOT_RELATIONS:
    registry.register(
        registry.Definition(
            f"extraction/{_name}", Stage.GENE_EXTRACTION, (registry.LEGACY,), _VERSION, relations=(_name,), place=registry.Place.BUILD
        )
    )


@dg.multi_asset(
    name="extraction__legacy_snapshot",
    op_tags=in_order("extraction"),
    specs=[
        asset_spec(
            ROWS, Stage.GENE_EXTRACTION, deps=[SCHEMA, LEGACY], code_version=_VERSION, sources=[EXTRACTION / "legacy_rows.sql"],
            column_schema=shown_columns("legacy_rows"),
            description="One row per legacy row, with digests of its large values; read in one snapshot of the legacy table.",
        ),
        asset_spec(
            PAYLOADS, Stage.GENE_EXTRACTION, deps=[SCHEMA, LEGACY], code_version=_VERSION, sources=[EXTRACTION / "legacy_payloads.sql"],
            column_schema=shown_columns("legacy_payloads"),
            description="One row per gene, large column and distinct value; read in the same snapshot.",
        ),
    ],
)  # fmt: skip
def legacy_snapshot(context: dg.AssetExecutionContext, mediabase: Mediabase) -> Iterator[parallel.Event]:
    """Read the legacy table once."""
    with step(context, mediabase.settings(), ROWS.to_user_string(), Stage.GENE_EXTRACTION) as this:
        yield from parallel.events_of(context, this, _snapshot)


def _kept(this: AssetRun) -> list[parallel.Event]:
    """The events of a snapshot that is up to date by the fingerprint of the legacy table; empty if it has to be taken."""
    database = this.settings.database
    with connect(this.settings, application_name=f"mediabase {this.asset}") as conn, looking_in(conn, conn.workspace.operations):
        known = known_content(conn, physical_fingerprint(conn, database.source_schema, database.legacy_table))
    content = known.digest if known else "not known yet"
    events: list[parallel.Event] = []
    for key in (ROWS, PAYLOADS):
        kept = reuse.kept(this, key, (), legacy_version=content)
        if kept is None:
            return []
        events += kept
    return events


def _snapshot(this: AssetRun) -> Iterator[parallel.Event]:
    settings = this.settings
    if this.keeps and (kept := _kept(this)):
        yield from kept
        return
    with this.building() as conn:
        conn.execute("set transaction isolation level repeatable read")
        legacy = describe_legacy_table(conn, settings.database.source_schema, settings.database.legacy_table)
        define_rules(conn)
        run(conn, EXTRACTION / "functions.sql")
        with this.spending("build"):
            snapshot = take_snapshot(conn, settings, legacy)
        counts = {name: count(conn, name) for name in SNAPSHOT_RELATIONS}
        shown: dict[str, dict[str, Any]] = {
            n: {"dagster/row_count": c, "legacy_content_hash": snapshot.content_hash, "seconds": this.seconds} for n, c in counts.items()
        }
        if settings.curation.rules_file is not None:
            for metadata in shown.values():
                metadata["values changed by rules of curators"] = snapshot.applied.changed
        with this.spending("audit"):
            record_changes(conn, this.migration_id, this.asset)
        _record(conn, this, snapshot, shown)
    for key in (ROWS, PAYLOADS):
        name = key.path[-1]
        yield dg.MaterializeResult(asset_key=key, metadata=shown[name], data_version=dg.DataVersion(snapshot.version_of(name)))


parallel.register(ROWS.to_user_string(), _snapshot, after=[SCHEMA.to_user_string()], cost=_COST)


def _record(conn: Connection, this: AssetRun, snapshot: Snapshot, shown: dict[str, dict[str, Any]]) -> None:
    for name, metadata in shown.items():
        rows = int(metadata["dagster/row_count"])
        note_extracted(conn, name, asset=this.asset, snapshot_id=snapshot.snapshot_id, migration_id=this.migration_id, rows=rows)
        this.finish(
            conn, rows=rows, data_version=snapshot.version_of(name), metadata=metadata, asset=f"extraction/{name}",
            inputs={registry.LEGACY: snapshot.content_hash},
        )  # fmt: skip


extraction_assets = [extraction_asset(e) for e in EXTRACTIONS if e.kind == "table"]
