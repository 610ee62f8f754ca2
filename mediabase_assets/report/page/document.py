"""The report as one document of plain values: what the page shows, what its JSON twin holds, what MultiQC gets.

Contains the order of its parts and the sentence above them; `schema.json` beside this module describes it. The same database gives the
same document but for `written_at`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any

from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.quantities import counted, number
from mediabase_assets.model.statuses import RunStatus
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.sql_files import Connection, exists
from mediabase_assets.records.lock import lock_holder
from mediabase_assets.report.page import course, fates, origin, surroundings
from mediabase_assets.report.page.reader import Reader, Row, one_snapshot, plain
from mediabase_assets.settings.load import Settings

FORMAT, FORMAT_VERSION = "mediabase migration report", 1
_PACKAGE = "mediabase-assets"
#: What a migration without a verdict of the validation is called, by how its checks ended.
NO_VERDICT = "no verdict"


@dataclass(frozen=True)
class Outside:
    """What only Dagster's storage knows.

    Attributes:
        checks: Outcomes of checks in the form of `course.checks`.
        proof: Whether the newest backup was restored as a proof: passed, description, checked_at; empty if that was not tried.
    """

    checks: Sequence[Row] = ()
    proof: Row = field(default_factory=dict)


def newest_status(conn: Connection, run_id: str | None = None) -> tuple[str | None, str | None]:
    """The migration that began last, or that of a Dagster run, and its status; None if there is none."""
    if not exists(conn, "migration_runs"):
        return None, None
    row = conn.row(
        dict,
        """select migration_id, status from migration_runs where %(run)s::text is null or run_id = %(run)s
           order by started_at desc, migration_id desc limit 1""",
        run=run_id,
    )
    return (row["migration_id"], row["status"]) if row else (None, None)


def read_document(settings: Settings, migration_id: str | None = None, outside: Outside | None = None) -> Row:
    """Read the report of a migration.

    Args:
        settings: The settings.
        migration_id: Which migration; the newest one by default.
        outside: What Dagster's storage adds.

    Raises:
        ConfigurationError: There is no such migration.
        ServerError: The server cannot be reached.
    """
    with connect(settings, autocommit=True, application_name="mediabase report") as conn:
        with one_snapshot(conn):
            newest, _ = newest_status(conn)
            wanted = migration_id or newest
            run = course.the_run(Reader(conn, settings, wanted)) if wanted and newest else {}
            if not wanted or not run:
                raise ConfigurationError(
                    f"There is no migration {wanted} to report." if wanted else "Nothing was migrated yet, so there is nothing to report.",
                    where=f"schema {conn.workspace.operations}",
                    next_step="`mediabase status` lists the migrations." if newest else "Run `mediabase migrate` first.",
                )
            reader = Reader(conn, settings, wanted)
            document = _document(reader, run, outside or Outside(), is_newest=wanted == newest)
        document["migration"]["status"] = _status(conn, settings, run)
    document["headline"] = headline(document)
    return document


def _status(conn: Connection, settings: Settings, run: Row) -> str:
    """The status of a migration; one that says it is running and whose lock nobody holds was interrupted."""
    if run["status"] == RunStatus.RUNNING and not lock_holder(conn, settings):
        return str(RunStatus.INTERRUPTED)
    return str(RunStatus.ROLLED_BACK if run["rolled_back_at"] else run["status"])


def _document(reader: Reader, run: Row, outside: Outside, *, is_newest: bool) -> Row:
    steps = course.stages(reader)
    rows_of = {row["asset"]: row["rows"] for row in steps if row["rows"] is not None}
    account, relations, sizes = fates.columns(reader), origin.came_out(reader, rows_of), origin.storage(reader)
    document = {
        "format": FORMAT, "format_version": FORMAT_VERSION, "written_at": plain(datetime.now(UTC)), "program": program(),
        "migration": {**run, "seconds": _between(run["started_at"], run["finished_at"]), "is_newest": is_newest},
        "database": {
            "name": reader.conn.info.dbname, "schema": reader.settings.database.schema_name,
            "records": reader.conn.workspace.operations, "server_version": str(reader.conn.info.parameter_status("server_version")),
        },
        "headline": {},
        "came_in": origin.came_in(reader, run, rows_of), "came_out": relations,
        "facts": fates.totals(account), "columns": account, "flows": fates.flows(reader, account),
        "reasons": fates.reasons(reader), "set_aside": fates.values_set_aside(reader), "samples": fates.samples(reader),
        "conflicts": fates.conflicts(reader, run),
        "checks": _with(course.checks(reader, is_newest=is_newest), outside.checks if is_newest else ()),
        "verdict": course.verdict(reader), "census": course.census(reader), "round_trip": course.round_trip(reader),
        "times": course.times(steps), "stages": course.by_stage(steps), "steps": steps, "metrics": course.metrics(reader),
        "benchmark": course.benchmark(reader), "storage": sizes, "storage_by_group": origin.by_group(sizes),
        "differences": fates.differences(reader, relations),
        "settings": surroundings.settings_in_effect(reader.settings),
        "backup": surroundings.backup(reader, run["backup_id"]), "proof": outside.proof if is_newest else {},
        "going_back": surroundings.going_back(reader),
        "missing": {},
    }  # fmt: skip
    document["missing"] = dict(sorted(reader.missing.items()))
    return document


def _with(recorded: list[Row], others: Iterable[Row]) -> list[Row]:
    """The recorded checks with those that only Dagster knows: of assets without a record, and failures of later runs."""
    found = {(row["asset"], row["check"]): row for row in recorded}
    for row in others:
        known = found.get((row["asset"], row["check"]))
        if known is None or (row["outcome"] == "failed" and str(row["checked_at"]) > str(known["checked_at"])):
            found[row["asset"], row["check"]] = row
    return course.ordered(found.values())


def _between(begin: str | None, end: str | None) -> float | None:
    if not begin or not end:
        return None
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds(), 3)


def program() -> Row:
    """Name, version and licence of the program, as its package says; a licence that it does not name is None."""
    try:
        about = metadata(_PACKAGE)
    except PackageNotFoundError:
        return {"name": _PACKAGE, "version": None, "licence": None}
    licence = next((about[name] for name in ("License-Expression", "License") if name in about), None)
    return {"name": _PACKAGE, "version": about["Version"], "licence": licence}


def headline(document: Row) -> Row:
    """What the migration was, in one sentence, and the numbers in it."""
    checks = document["checks"]
    counts = {outcome: sum(c["outcome"] == outcome for c in checks) for outcome in ("failed", "warned", "passed", "not checked")}
    relations = document["came_out"]
    made = {kind: sum(row["kind"] == kind for row in relations) for kind in ("table", "view")}
    verdict = (document["verdict"] or {}).get("verdict") or NO_VERDICT
    numbers = {
        "legacy_rows": document["came_in"]["rows"], "legacy_genes": document["came_in"]["genes"],
        "genes": _rows(relations, "genes"), "transcripts": _rows(relations, "transcripts"),
        "tables": made["table"], "views": made["view"],
        "rows_released": sum(row["rows"] or 0 for row in relations if row["inserted"] is not None),
        "facts": document["facts"]["read"], "quarantined": document["facts"]["quarantined"],
        "checks": len(checks), **{f"checks_{name.replace(' ', '_')}": value for name, value in counts.items()},
    }  # fmt: skip
    return {"sentence": _sentence(document, numbers, verdict), "verdict": verdict, **numbers}


def _rows(relations: Iterable[Row], name: str) -> int | None:
    return next((row["rows"] for row in relations if row["relation"] == name), None)


def _sentence(document: Row, numbers: dict[str, Any], verdict: str) -> str:
    """The headline: what came in, what came out, how it was judged; or where it stopped."""
    status = document["migration"]["status"]
    came_in = "The legacy table"
    if numbers["legacy_rows"] is not None:
        genes = f" of {counted(numbers['legacy_genes'], 'gene')}" if numbers["legacy_genes"] is not None else ""
        came_in = f"{counted(numbers['legacy_rows'], 'legacy row')}{genes}"
    if numbers["tables"]:
        out = f"{counted(numbers['tables'], 'table')} and {counted(numbers['views'], 'view')}"
        kept = f" with {counted(numbers['genes'], 'gene')} and {counted(numbers['transcripts'], 'transcript')}" if numbers["genes"] else ""
        ended = "; it was rolled back since" if status == RunStatus.ROLLED_BACK else ""
        return f"{came_in} became {out}{kept}; {_accounted(document['facts'])}{_judged(numbers, verdict)}{ended}."
    failed = [row["asset"] for row in document["steps"] if row["status"] == "failed"]
    if failed:
        return f"The migration stopped at {', '.join(failed)}; nothing that people read has changed."
    if status == RunStatus.UNCHANGED:
        return f"{came_in}: what is live equals what was rebuilt, so nothing was released."
    return f"The migration is {status}: it released nothing, and nothing that people read has changed."


def _accounted(facts: Row) -> str:
    if not facts["read"]:
        return "no account of facts was recorded"
    unaccounted = facts["read"] - sum(facts[name] for name in fates.OUTCOMES)
    share = f"{number(facts['quarantined'])} of them in quarantine"
    if unaccounted:
        return f"{counted(unaccounted, 'fact has', 'facts have')} no account"
    return f"all {counted(facts['read'], 'fact')} have an account, {share}"


def _judged(numbers: dict[str, Any], verdict: str) -> str:
    if verdict != NO_VERDICT:
        return f"; verdict: {verdict.replace('_', ' ')}"
    if not numbers["checks"]:
        return ""
    wrong = [f"{numbers[f'checks_{name}']} {name}" for name in ("failed", "warned") if numbers[f"checks_{name}"]]
    return (
        f"; of {counted(numbers['checks'], 'check')} {' and '.join(wrong)}"
        if wrong
        else f"; {counted(numbers['checks'], 'check')}, all passed"
    )
