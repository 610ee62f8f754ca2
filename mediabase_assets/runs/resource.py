"""The one resource of the assets: the settings, read where the asset runs.

Settings come from the environment and the configuration file of the process that runs the asset (`MEDIABASE_CONFIG`),
so that webserver, daemon and run workers all see the same.
"""

import contextlib
from typing import Any

import dagster as dg
import psutil
import sqlalchemy.exc

from mediabase_assets.records.lock import release_migration_lock
from mediabase_assets.records.presence import end_presence, show_presence
from mediabase_assets.runs import measuring, parallel, scope
from mediabase_assets.runs.worker import this_worker
from mediabase_assets.settings.load import Settings, load_settings

#: Key of the resource, and the name of the argument by which assets ask for it.
MEDIABASE = "mediabase"


class Mediabase(dg.ConfigurableResource[Any]):
    """Access to MEDIABASE's database and backups, by the settings of the process."""

    def settings(self) -> Settings:
        """The settings.

        Raises:
            ConfigurationError: They are wrong.
        """
        return load_settings()

    @classmethod
    def bound_to(cls, settings: Settings) -> "Mediabase":
        """The resource with settings of its own, which those of the process do not change: for dry runs and self-tests."""

        class Bound(cls):  # type: ignore[misc, valid-type]  # Dagster makes a new instance for each run, which keeps the class
            def settings(self) -> Settings:
                return settings

        return Bound()

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Note which process works on the run, so that its death is noticed; a run never fails for it."""
        if context.run is None or context.instance is None:
            return
        run = scope.run_of(context.run.run_id)
        if run.is_noted:  # each step of a run in threads has resources of its own
            return
        run.is_noted = run.is_threaded
        if not context.instance.is_ephemeral:  # a rehearsal, which nobody else knows of
            show_presence(self.settings(), context.run.run_id)
        with contextlib.suppress(sqlalchemy.exc.SQLAlchemyError, psutil.Error, OSError):
            context.instance.add_run_tags(context.run.run_id, this_worker(context.run.run_id).as_tags())

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """End the run, unless other steps of it follow in this process."""
        if context.run is not None and not scope.run_of(context.run.run_id).is_threaded:
            end_run(context.run.run_id)


def end_run(run_id: str) -> None:
    """Stop builds that no step waits for, and its sampler; forget the run, release its lock, close the session that shows it."""
    parallel.end(run_id)
    measuring.end(run_id)
    end_presence(run_id)
    release_migration_lock(run_id)
    scope.end(run_id)
