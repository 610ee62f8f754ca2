"""What only Dagster's storage knows of a migration's report: prerequisites, checks of the backup, its proof, failures.

Contains the reading; the report itself is made in `report.page`.
"""

from collections.abc import Iterable

import dagster as dg

from mediabase_assets.backup import FINDINGS
from mediabase_assets.legacy.prerequisites import PREREQUISITES
from mediabase_assets.planning import registry
from mediabase_assets.report.page.course import SAMPLE
from mediabase_assets.report.page.document import Outside
from mediabase_assets.report.page.reader import Row, plain, text_of
from mediabase_assets.runs.check_overview import CheckLine, Outcome, read_overview
from mediabase_assets.runs.specs import BACKUP_KEY

#: Made by a job of its own; its outcome has a place of its own in the report.
PROOF = "newest_backup_can_be_restored"
_SPECS = (
    *(dg.AssetCheckSpec(name, asset=dg.AssetKey(registry.LEGACY.split("/"))) for name in PREREQUISITES),
    *(dg.AssetCheckSpec(name, asset=BACKUP_KEY) for name in (*FINDINGS, PROOF)),
)
_OUTCOMES = {Outcome.FAILED: "failed", Outcome.WARNED: "warned", Outcome.PASSED: "passed", Outcome.SKIPPED: "not checked"}


def outside(instance: dg.DagsterInstance, specs: Iterable[dg.AssetCheckSpec] = ()) -> Outside:
    """The outcomes of checks of which the database has no record.

    Args:
        instance: Where Dagster keeps its events.
        specs: All checks, if those that failed are wanted too.
    """
    known = {spec.key: spec for spec in (*_SPECS, *specs)}
    lines = [line for line in read_overview(instance, known.values()) if line.outcome in _OUTCOMES]
    proofs = [line for line in lines if line.check == PROOF and line.outcome is not Outcome.SKIPPED]
    proof = (
        {"passed": p.outcome is Outcome.PASSED, "description": p.description, "checked_at": plain(p.checked_at)}
        if (p := next(iter(proofs), None))
        else {}
    )
    own = {(spec.asset_key.to_user_string(), spec.name) for spec in _SPECS}
    wanted = [line for line in lines if line.check != PROOF and ((line.asset, line.check) in own or line.outcome is Outcome.FAILED)]
    return Outside([_row(line) for line in wanted], proof)


def _row(line: CheckLine) -> Row:
    return {
        "asset": line.asset, "check": line.check, "outcome": _OUTCOMES[line.outcome], "description": line.description,
        "failures": line.failures,
        "examined": {} if line.examined is None else {"examined": line.examined},
        "sample": [{name: text_of(value) for name, value in row.items()} for row in line.sample[:SAMPLE]],
        "checked_at": plain(line.checked_at), "migration_id": None,
    }  # fmt: skip
