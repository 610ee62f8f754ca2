"""What audits proved already, read from their records: keys, references, models, numbers in views, and warnings of other assets.

Contains the reading only. `validation` does not know `planning`, so the findings of the assets that stand are handed in.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mediabase_assets.model.quantities import counted
from mediabase_assets.model.tables import TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.validation.suites.judging import Measure
from mediabase_assets.views import state as view_state

#: Findings of every asset that stands, by its key: rows of `asset_state.findings`.
Findings = Mapping[str, Sequence[Mapping[str, Any]]]

#: Assets whose checks are no audits of what is to be released.
_OTHERS = ("validation/release_checks", "validation/verdict", "validation/query_benchmark", "backup/legacy_backup")
_TABLES = [f"normalized/{t.name}" for t in TABLES]
_WITH_REFERENCES = [f"normalized/{t.name}" for t in TABLES if any(r.references for r in t.relations)]
_VIEWS = [f"views/{v.name}" for v in VIEWS]
#: The check of an audit that each check of the suites reads, the assets that must have it, and what it is called.
_READ: dict[str, tuple[str, Sequence[str], str]] = {
    "every_audited_key_holds": ("every_key_is_unique", _TABLES, "keys"),
    "no_row_is_an_orphan": ("every_reference_exists", _WITH_REFERENCES, "references"),
    "every_audited_value_has_its_form": ("every_row_fits_its_model", _TABLES, "models"),
    "views_agree_with_their_tables": ("every_number_agrees_with_the_tables", _VIEWS, "numbers"),
}


def of_candidates(findings: Findings) -> list[Measure]:
    """What the audits of tables and views found when these were built."""
    findings = {key: found for key, found in findings.items() if key not in _OTHERS}
    return [_read(name, findings) for name in _READ] + [_warnings(findings)]


def _read(name: str, findings: Findings) -> Measure:
    audit, required, what = _READ[name]
    outcomes = {key: f for key, found in findings.items() for f in found if f["check"] == audit}
    wrong = [{"asset": key, "audit": audit, "outcome": "not recorded"} for key in required if key not in outcomes]
    wrong += [{"asset": key, "audit": audit, "outcome": "failed"} for key, f in sorted(outcomes.items()) if not f["passed"]]
    passed = sum(bool(f["passed"]) for f in outcomes.values())
    explanation = f"{counted(passed, f'audit of {what}', f'audits of {what}')} passed ({audit})"
    explanation += (
        f"; {counted(len(wrong), 'one', 'others')} did not pass or {'is' if len(wrong) == 1 else 'are'} not recorded." if wrong else "."
    )
    return Measure(
        name, float(len(wrong)), failures=len(wrong), explanation=explanation, examined={"audits": len(outcomes)}, sample=tuple(wrong)
    )


def _warnings(findings: Findings) -> Measure:
    """Warnings of other assets; those of the extraction are told and cost nothing."""
    warned = [
        {"asset": k, "audit": f["check"], "found": f.get("description") or ""} for k, fs in findings.items() for f in fs if not f["passed"]
    ]
    legacy = [w for w in warned if w["asset"].startswith("extraction/")]
    others = sorted((w for w in warned if w not in legacy), key=lambda w: (w["asset"], w["audit"]))
    number = sum(map(len, findings.values()))
    explanation = f"{counted(number, 'audit')} of other assets; {counted(len(others), 'of them warned', 'of them warned')}"
    explanation += f", beside {counted(len(legacy), 'warning')} about the legacy table itself." if legacy else "."
    return Measure(
        "no_other_audit_warned", float(len(others)), failures=len(others), explanation=explanation,
        examined={"audits": number, "warnings about the legacy table": legacy or "none"}, sample=tuple(others),
    )  # fmt: skip


def of_live(conn: Connection, schema: str) -> list[Measure]:
    """Whether the live tables are as they were when they were last audited, and passed."""
    recorded = view_state.audited(conn) if view_state.has_records(conn) else {}
    now = view_state.fingerprints(conn, schema, [r.name for t in TABLES for r in t.relations if _is_there(conn, schema, r.name)])
    unlike = [
        {"relation": name, "outcome": "changed since its audit" if name in recorded else "not audited"}
        for name, fingerprint in sorted(now.items())
        if name not in recorded or recorded[name] != (fingerprint, True)
    ]
    why_not = f"{counted(len(unlike), 'table')} changed since the last audit: run the audits of the tables." if unlike else ""
    explanation = f"{counted(len(now), 'live relation')} as audited."
    measures = []
    for name in ("every_audited_key_holds", "no_row_is_an_orphan", "every_audited_value_has_its_form"):
        value = None if unlike else 0.0
        measures.append(
            Measure(name, value, why_not=why_not, explanation=explanation, examined={"relations": len(now)}, sample=tuple(unlike))
        )
    return measures


def _is_there(conn: Connection, schema: str, name: str) -> bool:
    return bool(conn.value("select to_regclass(format('%%I.%%I', %s::text, %s::text)) is not null", schema, name))
