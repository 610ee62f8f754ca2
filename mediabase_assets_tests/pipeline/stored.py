"""Projects whose runs are in the project's own storage, in PostgreSQL, as those of the command line and the web UI are."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
from psycopg import sql

from mediabase_assets.postgres.connect import connect
from mediabase_assets.runs.runner import prepare_dagster_home
from mediabase_assets_tests.pipeline import harness


@contextmanager
def stored(home: Path, folder: Path, **settings: object) -> Iterator[harness.Project]:
    """A fresh project with a demonstration table, whose Dagster keeps its runs in PostgreSQL; logs and reports are in the folder.

    Args:
        home: Of the server.
        folder: For logs.
        **settings: Those that are not the defaults.
    """
    with harness.project(home, log_dir=folder / "logs", **settings) as this, this.environed(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "")
        prepare_dagster_home(this.settings)
        try:
            with dg.DagsterInstance.get() as instance:
                this.instance = instance
                yield this
        finally:
            name = sql.Identifier(f"{this.settings.database.name}_dagster")
            with connect(this.settings, autocommit=True, dbname="postgres") as conn:
                conn.execute(sql.SQL("drop database if exists {} with (force)").format(name))


def storage_value(this: harness.Project, query: str, *parameters: object) -> object:
    """The one value of a query of Dagster's storage."""
    with connect(this.settings, autocommit=True, dbname=f"{this.settings.database.name}_dagster") as conn:
        row = conn.execute(query, parameters or None).fetchone()
        return row and row[0]
