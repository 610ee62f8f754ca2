"""A server for this folder's tests, databases on it, and migrations run by the real Dagster runtime."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from psycopg import sql

from mediabase_assets.demo.build import DemoReport, build_demo
from mediabase_assets.legacy.table import add_keys_and_indexes
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.embedded import server
from mediabase_assets.runs.results import KEEP, KEEP_TAG, REBUILD, is_kept
from mediabase_assets.settings.load import Settings, load_settings
from mediabase_assets_tests.fixtures.environment import forget_environment

#: Rows of the demonstration table that the tests migrate: the fewest that hold every kind of damage.
ROWS = 1500
#: The query benchmark as short as it can be: each question once on each side. `test_query_benchmark.py` has the whole one.
_BENCHMARK = "validation__query_benchmark"
LITTLE_EFFORT = {"ops": {_BENCHMARK: {"config": {"repetitions": 1, "seconds": 0.5, "longest_statement_seconds": 2.0}}}}
#: Tags of a run that rebuilds what is up to date, too.
EVERYTHING = {KEEP_TAG: REBUILD}


@pytest.fixture(scope="session")
def pipeline_home() -> Iterator[Path]:
    """The home of an embedded server, gone afterwards."""
    parent = Path(tempfile.mkdtemp(prefix="mediabase-pipeline-"))
    parent.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        forget_environment(patch)
        home = parent / "home"
        try:
            server.ensure_running(home)
            yield home
        finally:
            server.remove(home)
            shutil.rmtree(parent, ignore_errors=True)


@dataclass
class Project:
    """A database of its own, with the settings and the Dagster instance that go with it.

    Attributes:
        settings: Settings of the database.
        instance: Where Dagster keeps the project's runs.
        demo: What the demonstration table holds, if there is one.
        environment: Variables under which assets find these settings.
    """

    settings: Settings
    instance: dg.DagsterInstance
    environment: dict[str, str]
    demo: DemoReport | None = None
    runs: list[dg.ExecuteInProcessResult] = field(default_factory=list)

    def migrate(
        self, *assets: str, job: str = "migrate", tags: Mapping[str, str] = EVERYTHING, **kwargs: object
    ) -> dg.ExecuteInProcessResult:
        """Run a job in process, which by its tags rebuilds everything; `assets` (layer/relation) selects some of its assets."""
        from mediabase_assets.definitions import defs

        if job == "migrate" and not (assets and "validation/query_benchmark" not in assets):
            kwargs.setdefault("run_config", LITTLE_EFFORT)
        selection = [dg.AssetKey(a.split("/")) for a in assets] or None
        with self.environed():
            result = (
                defs()
                .resolve_job_def(job)
                .execute_in_process(instance=self.instance, raise_on_error=False, asset_selection=selection, tags=tags, **kwargs)
            )
        self.runs.append(result)
        return result

    def work(self) -> dict[str, str]:
        """What `mediabase migrate` would make, with the reasons."""
        from mediabase_assets.definitions import defs
        from mediabase_assets.planning.plan import work_to_do
        from mediabase_assets.runs.results import legacy_seen

        defs()
        with self.connect() as conn:
            return work_to_do(conn, self.settings, seen=legacy_seen(self.instance))

    def rerun(self) -> dg.ExecuteInProcessResult:
        """Make what is missing, failed or stale, as `mediabase migrate` does."""
        work = self.work()
        assert work, "there is nothing to do"
        return self.migrate(*work, tags={KEEP_TAG: KEEP})

    @contextmanager
    def environed(self) -> Iterator[None]:
        """The environment under which assets find this project's settings."""
        with pytest.MonkeyPatch.context() as patch:
            forget_environment(patch)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            yield

    def connect(self, *, autocommit: bool = True) -> psycopg.Connection:
        """A session on the project's database, as the server's own role."""
        return connect(self.settings, autocommit=autocommit)

    def rows(self, query: str, *parameters: object) -> list[tuple]:
        """The rows of a query."""
        with self.connect() as conn:
            return conn.execute(query, parameters or None).fetchall()

    def value(self, query: str, *parameters: object) -> object:
        """The one value of a query."""
        return self.rows(query, *parameters)[0][0]


@contextmanager
def project(home: Path, *, demo: int | None = ROWS, on_disk: bool = False, **settings: object) -> Iterator[Project]:
    """A fresh database, with a demonstration table of that many rows, dropped afterwards.

    Args:
        home: Of the server.
        demo: Rows of the table; none is made where it is None.
        on_disk: Whether what Dagster notes is in files, where another process can note too; in memory a run takes 3 s less.
        **settings: Those that are not the defaults.
    """
    name = f"t_{uuid.uuid4().hex}"
    folder = Path(tempfile.mkdtemp(prefix="mediabase-project-"))
    with pytest.MonkeyPatch.context() as patch:  # a command that another test ran in this process may have left variables
        forget_environment(patch)
        made = load_settings(home=home, database={"name": name}, backup_dir=folder / "backups", **settings)
    environment = {"MEDIABASE_HOME": str(home), "MB_POSTGRES_DB": name, "MB_MIGRATION_BACKUP_DIR": str(folder / "backups")}
    if settings:
        config = folder / "settings.yaml"
        config.write_text("".join(f"{key}: {value}\n" for key, value in settings.items()))
        environment["MEDIABASE_CONFIG"] = str(config)
    with instance_in(folder / "dagster") if on_disk else dg.DagsterInstance.ephemeral() as instance:
        this = Project(made, instance, environment)
        try:
            if demo is not None:
                this.demo = plant(this, demo)
            yield this
        finally:
            with connect(made, autocommit=True, dbname="postgres") as conn:
                conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
            shutil.rmtree(folder, ignore_errors=True)


def instance_in(folder: Path) -> dg.DagsterInstance:
    """What Dagster notes, in files of a folder."""
    folder.mkdir(exist_ok=True)
    return dg.DagsterInstance.local_temp(str(folder), overrides={"telemetry": {"enabled": False}})


def plant(this: Project, rows: int) -> DemoReport:
    """Build the demonstration table with its keys and indexes."""
    with this.connect(autocommit=False) as conn:
        report = build_demo(conn, schema="public", transcripts=rows)
        add_keys_and_indexes(conn, "public", "cancer_transcript_base")
        conn.commit()
    return report


def nothing_is_rebuilt_first(patch: pytest.MonkeyPatch) -> None:
    """Runs rebuild nothing beneath their assets: the release has to look for itself."""
    patch.setattr("mediabase_assets.runs.begin.stale_beneath", lambda *_, **__: {})


def failed_steps(result: dg.ExecuteInProcessResult) -> list[str]:
    """Keys of the steps that failed."""
    return [e.step_key for e in result.all_events if e.is_step_failure]


def executed(result: dg.ExecuteInProcessResult) -> set[str]:
    """Assets that a run materialized, as layer/relation."""
    return {
        m.asset_key.to_user_string()
        for e in result.all_events
        if e.is_step_materialization
        for m in [e.step_materialization_data.materialization]
    }


def kept(result: dg.ExecuteInProcessResult) -> set[str]:
    """Assets that a run found to stand as they were, as layer/relation."""
    return {
        m.asset_key.to_user_string()
        for e in result.all_events
        if e.is_step_materialization
        for m in [e.step_materialization_data.materialization]
        if is_kept(m.metadata)
    }


def made(result: dg.ExecuteInProcessResult) -> set[str]:
    """Assets that a run really made, as layer/relation."""
    return executed(result) - kept(result)


def failed_checks(result: dg.ExecuteInProcessResult) -> dict[str, dict]:
    """Checks of severity ERROR that failed, `asset:check` with their metadata."""
    return {
        f"{e.asset_key.to_user_string()}:{e.check_name}": e.metadata
        for e in result.get_asset_check_evaluations()
        if not e.passed and e.severity is dg.AssetCheckSeverity.ERROR
    }
