"""The weekly proof that the newest backup can be restored: a check of its own, its job, and its schedule.

No migration runs it: a migration verifies its backup by reading it whole, and a restore takes as long as a backup.
"""

from collections.abc import Iterator

import dagster as dg

from mediabase_assets.backup import verify_backup
from mediabase_assets.backup.restore_proof import NOT_PROVED, newest_backup, prove_restore
from mediabase_assets.model.check_texts import CHECK_TEXTS
from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.quantities import moment
from mediabase_assets.runs.check_overview import evaluations
from mediabase_assets.runs.freshness_policies import report_kept
from mediabase_assets.runs.resource import Mediabase
from mediabase_assets.runs.results import described, rows_table
from mediabase_assets.runs.schedules import cron_expression
from mediabase_assets.runs.specs import BACKUP_ID, BACKUP_KEY
from mediabase_assets.settings.load import load_settings

CHECK = "newest_backup_can_be_restored"
JOB = "prove_backup"
#: How many of the newest runs are searched for the last proof.
_RUNS = 20
_OF_LAST = " This is the outcome of the proof of {}."


@dg.multi_asset_check(
    name=CHECK,
    specs=[
        dg.AssetCheckSpec(
            CHECK,
            asset=BACKUP_KEY,
            description="The newest backup, restored by pg_restore into a scratch database, has every table's content and every index, "
            "constraint, view, comment and privilege that its manifest lists. The scratch database is dropped afterwards. The job "
            "prove_backup runs this check, or you can run it by itself; a run of assets shows the result of the last proof.",
        )
    ],
    can_subset=True,
)
def newest_backup_can_be_restored(context: dg.AssetCheckExecutionContext, mediabase: Mediabase) -> Iterator[dg.AssetCheckResult]:
    """Prove it, if only this check was selected."""
    run = context.run
    if run.job_name == JOB or (not run.asset_selection and dg.AssetCheckKey(BACKUP_KEY, CHECK) in (run.asset_check_selection or ())):
        yield _proved(mediabase, context.instance)
    else:
        context.log.info(f"No restore in this run: it takes as long as a backup. The job {JOB} proves one every week.")
        last = _last_proof(context.instance)
        if last is not None:
            yield last


def _last_proof(instance: dg.DagsterInstance) -> dg.AssetCheckResult | None:
    """The outcome of the last proof, for a run without a proof of its own, which would otherwise show a passed check as skipped."""
    known = evaluations(instance, dg.AssetCheckKey(BACKUP_KEY, CHECK), _RUNS)
    if not known:
        return None
    ended, evaluation = known[0]
    proved = evaluation.metadata.get("proved at")
    when = str(proved.value) if proved else moment(ended)
    text = (evaluation.description or "").removesuffix(_OF_LAST.format(when))
    return dg.AssetCheckResult(
        asset_key=BACKUP_KEY, check_name=CHECK, passed=evaluation.passed, severity=evaluation.severity,
        description=text + _OF_LAST.format(when), metadata={**evaluation.metadata, "proved at": when},
    )  # fmt: skip


def _proved(mediabase: Mediabase, instance: dg.DagsterInstance) -> dg.AssetCheckResult:
    """Prove it, and report the backup as kept if it is complete: it was checked, whether this role may restore it or not."""
    settings = mediabase.settings()
    try:
        manifest = newest_backup(settings)
        findings = prove_restore(settings, manifest) if manifest else []
    except MediabaseError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    if manifest is None:
        return _warning("There is no backup yet: run the job migrate.", {})
    if findings[0].check == NOT_PROVED:
        if all(f.passed for f in verify_backup(manifest)):
            _report_kept(instance, manifest.migration_id, "its archives were read to their end, and hold what its manifest says")
        grant = str(findings[0].examined["to_grant"])
        return _warning(f"Not proved: this role may not create a database for it. As the administrator: {grant}", {"to grant": grant})
    wrong = [f for f in findings if not f.passed]
    if not wrong:
        _report_kept(instance, manifest.migration_id, "it was restored, and everything came back as it was")
    samples = [{"what": f.check, **sample} for f in wrong for sample in f.sample]
    return dg.AssetCheckResult(
        asset_key=BACKUP_KEY,
        check_name=CHECK,
        passed=not wrong,
        severity=dg.AssetCheckSeverity.ERROR,
        description=" ".join(map(described, wrong)) or CHECK_TEXTS[CHECK].passed,
        metadata={
            "backup": manifest.migration_id,
            "findings": rows_table([{"what": f.check, "passed": f.passed, "failures": f.failures, **f.examined} for f in findings]),
            **({"sample": rows_table(samples)} if samples else {}),
        },
    )


def _report_kept(instance: dg.DagsterInstance, backup_id: str, why: str) -> None:
    """Report that the newest backup was checked, if it is the one that Dagster shows."""
    event = instance.get_latest_materialization_event(BACKUP_KEY)
    shown = event.asset_materialization if event else None
    if shown is not None and shown.metadata[BACKUP_ID].value == backup_id:
        report_kept(instance, BACKUP_KEY, why)


def _warning(text: str, metadata: dict[str, str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=BACKUP_KEY, check_name=CHECK, passed=False, severity=dg.AssetCheckSeverity.WARN, description=text,
        metadata={"not proved": text, **metadata},
    )  # fmt: skip


@dg.definitions
def proof() -> dg.Definitions:
    """The job and its schedule."""
    prove_backup = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.checks(dg.AssetCheckKey(BACKUP_KEY, CHECK)),
        description="Restores the newest backup into a database of its own and compares everything with its manifest. Needs CREATEDB.",
    )
    settings = load_settings()
    when, example = settings.backup.proof_schedule, "`0 4 * * 0` for every Sunday at four"
    with cron_expression(when, where="backup.proof_schedule, or MEDIABASE_PROOF_SCHEDULE", example=example):
        schedule = dg.ScheduleDefinition(
            name="prove_backup_schedule",
            job=prove_backup,
            cron_schedule=when,
            execution_timezone=settings.views.time_zone,
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description="Proves every week that the newest backup can be restored.",
        )
    return dg.Definitions(asset_checks=[newest_backup_can_be_restored], jobs=[prove_backup], schedules=[schedule])
