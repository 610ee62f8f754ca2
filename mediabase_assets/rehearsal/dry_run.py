"""A dry run: everything is built and audited in a workspace of its own, read, and dropped; nothing else is touched.

Contains the order of steps. What is read is in `outcome`, the comparison with what is live in
`release.difference`, the words for people in `cli.dry_run`.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from mediabase_assets.curation.file import rules_of
from mediabase_assets.curation.ways_out import rows_left_out
from mediabase_assets.legacy.refusal import require
from mediabase_assets.model.workspace import PLAN, Workspace, is_reserved
from mediabase_assets.postgres.connect import Session
from mediabase_assets.postgres.target import NAMES, targets, workspace_of
from mediabase_assets.rehearsal.footprint import Footprint, compare, read_footprint
from mediabase_assets.rehearsal.instance import JOB, bound_to, some_of, temporary_instance
from mediabase_assets.rehearsal.outcome import Plan, read_plan
from mediabase_assets.rehearsal.report_file import write_report
from mediabase_assets.rehearsal.workspace import occupied
from mediabase_assets.runs.events import StepEvent
from mediabase_assets.runs.runner import RunEnd, run_job
from mediabase_assets.settings.load import Settings

if TYPE_CHECKING:
    import dagster as dg

#: The prerequisites are checked before: a dry run has no backup, after which the schema is built in a migration.
LAYERS = ("schema", "extraction", "normalized", "views", "validation")
#: They measure, judge and describe what was released.
LEFT_OUT = ("validation/query_benchmark", "validation/verdict", "validation/migration_report")
#: It compares with the backup, and a dry run makes none.
CHECKS_LEFT_OUT = ("validation/column_account:nobody_wrote_to_the_legacy_table_meanwhile",)

#: Characters of an example in the report for programs.
LONGEST_EXAMPLE = 2000


def settings_of(settings: Settings, *, is_loaded: bool = False) -> Settings:
    """The settings of the dry run of a migration.

    Args:
        settings: Of the migration.
        is_loaded: Whether the legacy table is loaded for the dry run alone.
    """
    if not is_loaded:
        return settings.for_workspace(PLAN)
    database = settings.database.model_copy(update={"legacy_schema": Workspace(PLAN).source})
    return settings.for_workspace(PLAN, database=database)


def dry_run(
    settings: Settings,
    definitions: "dg.Definitions",
    *,
    on_event: Callable[[StepEvent], None],
    is_loaded: bool = False,
    load: Callable[[Session, Settings], None] = lambda conn, settings: None,
) -> Plan:
    """Make a plan: do everything that can be undone, and undo it.

    Args:
        settings: Of the migration.
        definitions: All of the project's.
        on_event: Called, from another thread, with each event of the run.
        is_loaded: Whether `load` loads the legacy table for the dry run alone.
        load: Called with the workspace's session and the settings of the dry run, before anything is built.

    Raises:
        MediabaseError: The run could not start; what fails in the run is part of the plan.
        KeyboardInterrupt: It was interrupted; everything is dropped.
    """
    trial = settings_of(settings, is_loaded=is_loaded)
    with occupied(trial) as conn:
        own = (*conn.workspace.schemas, *conn.workspace.stages)
        before = _footprint(conn, settings, own)
        load(conn, trial)
        require(conn, trial, rows_left_out(rules_of(trial)))
        wal = _wal(conn)
        with temporary_instance() as instance:
            job = some_of(definitions, LAYERS, but=LEFT_OUT, but_checks=CHECKS_LEFT_OUT)
            outcome = run_job(bound_to(job, trial), JOB, instance, tell=on_event, log_folder=settings.logs, is_detailed=settings.debug_mode)
        if outcome.end is RunEnd.INTERRUPTED:
            raise KeyboardInterrupt
        plan = read_plan(conn, settings, trial, outcome, wal_bytes=_wal(conn) - wal)
        proof = compare(before, _footprint(conn, settings, own))
    return _reported(settings, replace(plan, proof=proof))


def _footprint(conn: Session, settings: Settings, own: tuple[str, ...]) -> Footprint:
    """What a migration into this target reads or writes; what belongs to another target does not count."""
    database = settings.database
    workspace = workspace_of(conn, settings)
    mine = (*workspace.schemas, workspace.patients, database.schema_name)
    everything = read_footprint(conn, own=own, only=(*mine, database.source_schema))
    others = {t.live_schema for t in targets(conn)} - {database.schema_name}
    theirs = {f"{schema}.{name}" for schema in others for name in NAMES}
    return replace(
        everything,
        schemas=tuple(s for s in everything.schemas if s in mine or not (is_reserved(s) or s in others)),
        relations={name: text for name, text in everything.relations.items() if name not in theirs},
        functions={name: text for name, text in everything.functions.items() if name.partition(".")[0] not in others},
    )


def _wal(conn: Session) -> int:
    """Bytes of write-ahead log that the server has ever written."""
    return int(conn.value("select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"))


def _reported(settings: Settings, plan: Plan) -> Plan:
    """Write the plan for programs."""
    return replace(plan, report=write_report(settings, "dry run", as_json(plan), name=plan.migration_id))


def as_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values; long examples are cut."""
    examples = [{**asdict(e), "raw_value": _cut(e.raw_value)} for e in plan.examples]
    return {**asdict(plan), "examples": examples, "passed": plan.passed}


def _cut(value: Any) -> Any:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return value if len(text) <= LONGEST_EXAMPLE else f"{text[:LONGEST_EXAMPLE]}…"
