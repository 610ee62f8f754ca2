"""The forms of re-execution as the web UI makes them, on the instance of a project; the UI itself is in `cli`."""

import dagster as dg

from mediabase_assets.definitions import defs
from mediabase_assets_tests.benchmarks.place import QUIET
from mediabase_assets_tests.pipeline import harness


def migrate_job():
    """The job as a re-execution finds it again."""
    return defs().resolve_job_def("migrate")


def execute(this: harness.Project, **kwargs: object) -> dg.JobExecutionResult:
    """Run the job `migrate`, which keeps what is up to date."""
    with this.environed():
        return dg.execute_job(dg.reconstructable(migrate_job), instance=this.instance, run_config=QUIET, **kwargs)


def all_of(this: harness.Project, run: dg.DagsterRun) -> dg.JobExecutionResult:
    """*Re-execute all*."""
    return execute(this, reexecution_options=dg.ReexecutionOptions(run.run_id))


def from_failure(this: harness.Project, run: dg.DagsterRun) -> dg.JobExecutionResult:
    """*Re-execute from failure*."""
    return execute(this, reexecution_options=dg.ReexecutionOptions.from_failure(run.run_id, this.instance))


def from_asset_failure(this: harness.Project, run: dg.DagsterRun) -> dg.JobExecutionResult:
    """*Re-execute from asset failure*: the assets that failed or were skipped, in a run that names its parent."""
    plan = this.instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id)
    assets, _ = this.instance.run_domain.get_keys_to_reexecute(run.run_id, plan)
    tags = {
        "dagster/parent_run_id": run.run_id,
        "dagster/root_run_id": run.root_run_id or run.run_id,
        "dagster/is_asset_resume_retry": "true",
    }
    return execute(this, asset_selection=sorted(assets), tags=tags)
