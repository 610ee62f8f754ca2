"""How the migration went: stages and their times, checks, verdict, measured questions.

Contains the questions on the journal and on what assets and validation recorded.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from mediabase_assets.model.stages import Stage
from mediabase_assets.planning import registry
from mediabase_assets.report.page.reader import Reader, Row, text_of

#: Rows of a check that are shown.
SAMPLE = 5
_ORDER = {"failed": 0, "warned": 1, "not checked": 2, "passed": 3}
#: The report is no part of what it is about.
REPORT, REPORTED = "validation/migration_report", "the_report_was_written"


def the_run(reader: Reader) -> Row:
    """The record of the migration; empty if there is none."""
    run = reader.one(
        "migration_runs",
        """select migration_id, run_id, status, started_at, finished_at, snapshot_id, legacy_relation, legacy_fingerprint,
             legacy_content_hash, backup_id, schema_version, configuration from migration_runs where migration_id = %(id)s""",
    )
    release = reader.one(
        "releases",
        """select released_at, to_jsonb(r) ->> 'rolled_back_at' as rolled_back_at, schema_version from releases as r
           where migration_id = %(id)s order by released_at desc limit 1""",
    )
    return {**run, "released_at": release.get("released_at"), "rolled_back_at": release.get("rolled_back_at")} if run else {}


def stages(reader: Reader) -> list[Row]:
    """Every asset of the migration: stage, outcome, when, how long, rows; what was made, in the order in which it began."""
    rows = reader.rows(
        "migration_stages",
        """select asset, stage, status, started_at, finished_at, seconds, row_count as rows,
             (to_jsonb(s) ->> 'build_seconds')::double precision as build_seconds,
             (to_jsonb(s) ->> 'audit_seconds')::double precision as audit_seconds, s.detail
           from migration_stages as s where migration_id = %(id)s and not (asset = %(report)s and stage = %(stage)s)
           order by s.started_at, stage, asset""",
        report=REPORT, stage=int(Stage.PERFORMANCE),
    )  # fmt: skip
    for row in rows:
        row["title"] = Stage(row["stage"]).title if row["stage"] in set(Stage) else ""
        row["error"] = _error(row.pop("detail"))
    return rows


def _error(detail: str | None) -> str:
    try:
        return str(json.loads(detail).get("error", "")) if detail else ""
    except (ValueError, AttributeError):
        return str(detail)


def times(rows: Iterable[Row]) -> Row:
    """How the time of a migration adds up: from its first to its last step, some asset was worked on, or none.

    Returns:
        `span`: seconds from the first step's beginning to the last one's end; `worked` and `idle` are parts of it. `work` is the sum of
        the seconds of all assets, which is more than `worked` where several were built beside each other.
    """
    found = sorted((_seconds(row["started_at"]), _seconds(row["finished_at"])) for row in rows if _was_made(row))
    if not found:
        return {"span": None, "worked": None, "idle": None, "work": None}
    worked, reached = 0.0, found[0][0]
    for begin, end in found:
        worked += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    span = reached - found[0][0]
    work = sum(end - begin for begin, end in found)
    return {"span": round(span, 3), "worked": round(worked, 3), "idle": round(span - worked, 3), "work": round(work, 3)}


def by_stage(rows: Sequence[Row]) -> list[Row]:
    """The stages with the assets of each: made, kept, seconds in which any was worked on, the sum of all."""
    found = []
    for number in sorted({row["stage"] for row in rows}):
        of = [row for row in rows if row["stage"] == number]
        made = [row for row in of if _was_made(row)]
        spent = times(made)
        failed = [row["asset"] for row in of if row["status"] == "failed"]
        found.append({
            "stage": number, "title": of[0]["title"], "assets": len(of), "made": len(made),
            "kept": sum(row["status"] == "kept" for row in of), "failed": failed, "worked": spent["worked"], "work": spent["work"],
            "rows": sum(row["rows"] or 0 for row in of),
        })  # fmt: skip
    return found


def _was_made(row: Row) -> bool:
    return row["status"] != "kept" and bool(row["started_at"] and row["finished_at"])


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def metrics(reader: Reader) -> list[Row]:
    """What was measured of every asset while it was built, as it was recorded."""
    return [
        {name: value for name, value in row["record"].items() if name != "migration_id"}
        for row in reader.rows(
            "stage_metrics",
            "select to_jsonb(m) as record from stage_metrics as m where migration_id = %(id)s order by to_jsonb(m) ->> 'asset', m::text",
        )
        if row["record"].get("asset") != registry.REPORT  # it ends after the page was written
    ]


def checks(reader: Reader, *, is_newest: bool) -> list[Row]:
    """Every check with its outcome, what it says, and rows that show a failure: failed ones first, then those that warned.

    Args:
        reader: The records.
        is_newest: Whether the migration is the newest one, of which assets that are up to date count too.
    """
    rows = reader.rows(
        "asset_state",
        """select asset, findings, finished_at, migration_id from asset_state
           where %(newest)s or migration_id = %(id)s order by asset""",
        newest=is_newest,
    )
    found = [_check(row, finding) for row in rows for finding in row["findings"] if finding["check"] != REPORTED]
    return ordered(_with_measurements(found, _release_checks(reader)))


def _with_measurements(found: list[Row], measured: Iterable[Row]) -> list[Row]:
    """Checks with what was measured of the release as a whole: those that an asset recorded too get its numbers, and count once."""
    known = {row["check"]: row for row in found if row["asset"].startswith("validation/")}
    for row in measured:
        if row["check"] in known:
            known[row["check"]]["examined"] |= row["examined"]
        else:
            found.append(row)
    return found


def ordered(found: Iterable[Row]) -> list[Row]:
    """Checks: failed ones first, then those that warned or could not be made."""
    return sorted(found, key=lambda c: (_ORDER[c["outcome"]], c["asset"], c["check"]))


def _check(row: Row, finding: Row) -> Row:
    shown = _shown(finding.get("shown", ""))
    failed = "warned" if finding["is_warning"] else "failed"
    outcome = "not checked" if "not looked at" in shown else "passed" if finding["passed"] else failed
    sample = shown.pop("sample", [])
    return {
        "asset": row["asset"], "check": finding["check"], "outcome": outcome, "description": finding.get("description") or "",
        "failures": shown.pop("failures", 0), "examined": shown, "sample": [_texts(r) for r in sample[:SAMPLE]] if sample else [],
        "checked_at": row["finished_at"], "migration_id": row["migration_id"],
    }  # fmt: skip


def _texts(row: Any) -> Row:
    return {name: text_of(value) for name, value in row.items()} if isinstance(row, dict) else {"value": text_of(row)}


def _shown(text: str) -> Row:
    """What Dagster shows of a check, as plain values: numbers and texts as they are, tables as rows."""
    try:
        loaded = json.loads(text) if text else {}
        values = json.loads(loaded[1]) if isinstance(loaded, list) else loaded
    except (ValueError, IndexError, TypeError):
        return {}
    found: Row = {}
    for name, entry in values.items() if isinstance(values, dict) else ():
        if not isinstance(entry, dict):
            continue
        if "records" in entry and name == "sample":
            found[name] = [record.get("data", {}) for record in entry["records"]]
        elif isinstance(entry.get("value"), int | float) or "text" in entry:
            found[name] = entry.get("value", entry.get("text"))
    return found


def _release_checks(reader: Reader) -> list[Row]:
    """What was checked of the release as a whole, with what was measured and the threshold."""
    rows = reader.rows(
        "release_checks",
        """select suite, check_name, severity, outcome, measured, threshold, unit, explanation
           from release_checks where migration_id = %(id)s order by suite, check_name""",
    )
    found = []
    for row in rows:
        outcome = {"passed": "passed", "failed": "failed", "warned": "warned", "warning": "warned"}.get(str(row["outcome"]), "not checked")
        numbers = {name: row[name] for name in ("measured", "threshold", "unit") if row[name] is not None}
        found.append({
            "asset": f"release ({row['suite']})", "check": row["check_name"], "outcome": outcome, "description": row["explanation"] or "",
            "failures": 0, "examined": numbers, "sample": [], "checked_at": None, "migration_id": reader.migration_id,
        })  # fmt: skip
    return found


def verdict(reader: Reader) -> Row:
    """The verdict on the migration with its explanation, if one was given."""
    found = reader.one(
        "verdicts", "select verdict, explanation, decided_at from verdicts where migration_id = %(id)s order by decided_at desc limit 1"
    )
    return found and {**found, "explanation": _lines(found["explanation"])}


def _lines(explanation: Any) -> list[str]:
    """An explanation as sentences: a list of texts, of objects, or an object of them."""
    if isinstance(explanation, str):
        return [explanation]
    if isinstance(explanation, dict) and isinstance(explanation.get("sentences"), list):
        return _lines(explanation["sentences"])
    if isinstance(explanation, dict):
        return [f"{name.replace('_', ' ')}: {text_of(value)}" for name, value in explanation.items()]
    if isinstance(explanation, list):
        return [part if isinstance(part, str) else "; ".join(_lines(part)) for part in explanation]
    return [] if explanation is None else [text_of(explanation)]


def benchmark(reader: Reader) -> list[Row]:
    """The questions that were asked of the legacy table and of the views, the largest speed-up first."""
    return reader.rows(
        "query_benchmark",
        """select query, kind, question, legacy_ms, views_ms, times_faster, is_legacy_stopped, repetitions, views_rows, is_same_answer,
             comparison from query_benchmark where migration_id = %(id)s order by times_faster desc nulls last, query""",
    )


def census(reader: Reader) -> list[Row]:
    """Scalars of the legacy table by account, as the census counted them."""
    return reader.rows(
        "leaf_census",
        "select account, sum(leaves)::bigint as leaves from leaf_census where migration_id = %(id)s group by 1 order by 2 desc, 1",
    )


def round_trip(reader: Reader) -> list[Row]:
    """Facts that the tables give back, by how they compare with the legacy table."""
    return reader.rows(
        "round_trip",
        """select explanation, reason, sentence, sum(facts)::bigint as facts from round_trip
           where migration_id = %(id)s group by 1, 2, 3 order by 4 desc, 1, 2, 3""",
    )
