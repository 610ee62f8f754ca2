"""Dagster's own storage (runs, events, schedules) in the project's server, without a URL in dagster.yaml.

Dagster creates the class by name in every process that opens the instance: webserver, daemon, code server, run worker.
Each finds the server through the settings, and the first one starts it. So a fresh checkout works with
`DAGSTER_HOME=$PWD dagster dev`, and no password is written into a configuration file.

`dagster.yaml` names the class. It lies at the top of the repository, where DAGSTER_HOME may point; an installed package
brings it along as a data file. `instance_config_file` finds it in both cases.

Dagster opens and closes a session for each event that it records, which cost a run of the demonstration 8 of 22 seconds and 9
of 28 seconds of CPU. So the sessions of a process are kept, by a plugin that SQLAlchemy finds in the URL.

NOTE: Dagster 1.13 documents `dagster.serdes.ConfigurableClassData`, but has it in the private `dagster._serdes` only.
It is passed on unused, and therefore not imported and not typed.
"""

import importlib.metadata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from dagster_postgres import DagsterPostgresStorage
from sqlalchemy.dialects import plugins
from sqlalchemy.engine import CreateEnginePlugin

import mediabase_assets
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.postgres.session_settings import statement
from mediabase_assets.runs.named_runs import NamedRunStorage
from mediabase_assets.runs.storage_database import SEARCH_PATH_OPTION, dagster_url
from mediabase_assets.settings.load import load_settings

#: Name by which SQLAlchemy finds `KeptSessions`.
PLUGIN = "mediabase_kept_sessions"
#: Sessions that each of the three parts of Dagster's storage keeps: that of the run, and that of the reader of its events.
KEPT = 2


class KeptSessions(CreateEnginePlugin):
    """Keeps the sessions of an engine between two uses, where Dagster asks for a pool without sessions; a session that the server
    ended is replaced by a new one.

    Each session gets the settings of all sessions of the project, and its search_path by a statement, which every pooler accepts.
    """

    def __init__(self, url: sa.URL, kwargs: dict[str, Any]) -> None:
        super().__init__(url, kwargs)
        self.schema = str(url.query.get("options", "")).removeprefix(SEARCH_PATH_OPTION) or "public"
        if kwargs.get("poolclass") is sa.NullPool:
            kwargs |= {"poolclass": sa.QueuePool, "pool_size": KEPT, "pool_pre_ping": True}

    def update_url(self, url: sa.URL) -> sa.URL:
        """The URL without the option that the plugin sets by a statement."""
        return url.difference_update_query(["options"])

    def engine_created(self, engine: sa.Engine) -> None:
        """Apply the settings in every session that is opened."""
        sa.event.listen(engine, "connect", self._set)

    def _set(self, connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement(self.schema))
        if not connection.autocommit:
            connection.commit()


plugins.register(PLUGIN, __name__, KeptSessions.__name__)


class MediabaseStorage(DagsterPostgresStorage):
    """dagster-postgres, with the URL taken from the project's settings and runs that name their job; without configuration."""

    def __init__(self, postgres_url: str, inst_data: Any = None) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        super().run_storage.dispose()
        self._runs = NamedRunStorage(postgres_url)

    @property
    def run_storage(self) -> NamedRunStorage:
        """The storage of runs."""
        return self._runs

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """No keys."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Mapping[str, Any]) -> Self:
        """Create the storage; start the embedded server if no server is configured and it does not run.

        Raises:
            ConfigurationError: A setting is wrong.
            ServerError: The server cannot be started, reached or logged in to.
        """
        url = sa.make_url(dagster_url(load_settings())).update_query_dict({"plugin": PLUGIN})
        return cls(postgres_url=url.render_as_string(hide_password=False), inst_data=inst_data)


def instance_config_file() -> Path:
    """The project's dagster.yaml: the repository's if this is a checkout, else the one installed with the package.

    Raises:
        ConfigurationError: Neither exists.
    """
    in_checkout = Path(mediabase_assets.__file__).parents[1] / "dagster.yaml"
    if in_checkout.is_file():
        return in_checkout
    for file in importlib.metadata.files("mediabase-assets") or []:
        if file.name == "dagster.yaml" and Path(str(file.locate())).is_file():
            return Path(str(file.locate())).resolve()
    raise ConfigurationError(
        "The project's dagster.yaml is missing.",
        where=str(in_checkout),
        next_step="Install the package again: `pip install --force-reinstall mediabase-assets`.",
    )
