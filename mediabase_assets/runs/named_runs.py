"""Runs that name their job, also those of the command line: the web UI lists them and can re-execute them.

Dagster records the origin of a run (code location, repository, job) only where its own web server, daemon or `dagster job launch`
creates it. A run without an origin is missing on the landing page and among the runs of its job, and its re-execution is refused.

NOTE: Dagster 1.13 has no public constructor of an origin. `dagster.deserialize_value` is public, and its format is that of the
table `runs`; `cli/test_re_execution_in_the_ui.py` checks that the web server accepts it.
"""

import json
from typing import Any

import dagster as dg
from dagster_postgres import PostgresRunStorage

#: Name of the code location in every workspace of the project.
LOCATION = "mediabase_assets"
#: Dagster's name of the repository of a module with one Definitions object.
REPOSITORY = "__repository__"


def origin_of(job: str) -> Any:
    """The origin of a job of the project.

    >>> origin_of("migrate").repository_origin.get_label()
    '__repository__@mediabase_assets'
    """
    location = {"__class__": "RegisteredRepositoryLocationOrigin", "location_name": LOCATION}
    repository = {"__class__": "ExternalRepositoryOrigin", "repository_location_origin": location, "repository_name": REPOSITORY}
    return dg.deserialize_value(
        json.dumps({"__class__": "ExternalPipelineOrigin", "external_repository_origin": repository, "pipeline_name": job})
    )


class NamedRunStorage(PostgresRunStorage):
    """dagster-postgres' storage of runs; a run without an origin gets that of its job."""

    def add_run(self, dagster_run: dg.DagsterRun) -> dg.DagsterRun:
        """Store a new run."""
        if dagster_run.remote_job_origin is None:
            dagster_run = dagster_run.with_job_origin(origin_of(dagster_run.job_name))
        added: dg.DagsterRun = super().add_run(dagster_run)
        return added
