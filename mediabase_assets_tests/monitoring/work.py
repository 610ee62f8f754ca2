"""Work that is measured: an asset of a run, with bodies whose use of time, memory and the server is known."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from mediabase_assets.model.stages import Stage
from mediabase_assets.postgres.connect import connect
from mediabase_assets.records.tables import prepare_schemas
from mediabase_assets.runs import measuring, resource
from mediabase_assets.runs.asset_run import AssetRun
from mediabase_assets.settings.load import Settings

#: Sorts 20 MB with 64 kB of memory, so that it is done in temporary files.
SPILLING = "select count(*) from (select md5(i::text) as m from generate_series(1, 500000) as i order by 1 offset 0) as s"
MIGRATION = "20260101_120000"


def with_interval(settings: Settings, seconds: float, **more: object) -> Settings:
    """The settings with another section `monitoring`."""
    return settings.model_copy(update={"monitoring": settings.monitoring.model_copy(update={"interval_seconds": seconds, **more})})


def prepared(settings: Settings) -> None:
    """Create the tables of records, and record the migration."""
    with connect(settings, autocommit=True) as conn:
        prepare_schemas(conn, "public")
        conn.execute(
            "insert into migration_runs (migration_id, status, started_at) values (%s, 'running', now())",
            (MIGRATION,),
        )


def asset_run(settings: Settings, asset: str, run_id: str) -> AssetRun:
    """An asset of a run."""
    return AssetRun(settings, MIGRATION, asset, Stage.POPULATION, datetime.now(UTC), run_id)


@contextmanager
def measured_run(settings: Settings) -> Iterator[tuple[str, list[str]]]:
    """A run that is measured until the context ends: its id, and what it warned of."""
    run_id, told = uuid.uuid4().hex, list[str]()
    measuring.prepare(asset_run(settings, "normalized/first", run_id), told.append)
    try:
        yield run_id, told
    finally:
        resource.end_run(run_id)


def burn(seconds: float) -> None:
    """Use the CPU of this thread for so many seconds of CPU."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(1000))


def row(settings: Settings, asset: str) -> dict[str, object]:
    """The row of an asset."""
    with connect(settings, autocommit=True) as conn:
        cursor = conn.execute("select * from stage_metrics where migration_id = %s and asset = %s", (MIGRATION, asset))
        found = cursor.fetchone()
        assert found is not None, f"{asset} was not measured"
        return dict(zip((c.name for c in cursor.description or ()), found, strict=True))


def values(settings: Settings, query: str, *parameters: object) -> list[object]:
    """The first column of a query."""
    with connect(settings, autocommit=True) as conn:
        return conn.values(query, *parameters)
