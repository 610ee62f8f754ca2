"""The state of every asset when it was last built: from which inputs, by which code, with which settings and outcome.

A row is written in the transaction that builds the asset, so that it exists exactly if the asset does, whatever is killed.
Contains reading and writing; what follows from a state is decided in `freshness`.
"""

import contextlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from mediabase_assets.planning.registry import Definition
from mediabase_assets.postgres.sql_files import Connection, is_there
from mediabase_assets.settings.load import Settings


@dataclass(frozen=True)
class State:
    """An asset as it was last built.

    Attributes:
        asset: Its key.
        migration_id: The migration that built it; its accounts, quarantine and repairs have that id.
        run_id: Dagster's id of the run.
        code_version: Of the code that built it.
        configuration: Values of the settings that matter to it.
        inputs: Data version of every input.
        data_version: Names its content: equal content has the same.
        rows: Rows; None if it does not have rows to count.
        findings: Outcome of its checks: name, whether it passed, whether it only warns, description and metadata.
        finished_at: When it was built.
        shown: Its metadata as Dagster stores them; empty if an earlier version built it.
    """

    asset: str
    migration_id: str
    run_id: str
    code_version: str
    configuration: dict[str, Any]
    inputs: dict[str, str]
    data_version: str
    rows: int | None
    findings: Sequence[dict[str, Any]]
    finished_at: datetime
    shown: str = ""


def has_states(conn: Connection) -> bool:
    """Whether the table exists; migrations of earlier versions did not create it."""
    return is_there(conn, conn.workspace.operations, "asset_state")


def settle(conn: Connection) -> None:
    """Wait until states that other sessions have written and are about to commit can be read.

    The server completes the commit of a process that was killed during it, so that the reader of its states has to wait for that.
    Where the role may not lock, or another session writes for longer than `lock_timeout`, only committed states are read.

    Args:
        conn: A session in which each statement is its own transaction.
    """
    if has_states(conn):
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.LockNotAvailable), conn.transaction():
            conn.execute("lock table asset_state in share mode")


def states(conn: Connection) -> dict[str, State]:
    """The state of every asset that was built; empty where there are no records yet."""
    if not has_states(conn):
        return {}
    built = conn.rows(
        State,
        """select asset, migration_id, run_id, code_version, configuration, inputs, data_version, row_count as rows, findings, finished_at,
             coalesce(to_jsonb(s) ->> 'shown', '') as shown from asset_state as s""",
    )
    return {state.asset: state for state in built}


def record(
    conn: Connection, settings: Settings, definition: Definition, *, migration_id: str, run_id: str, inputs: dict[str, str],
    data_version: str, rows: int | None = None, findings: Sequence[dict[str, Any]] = (), seconds: float = 0, shown: str = "",
) -> None:  # fmt: skip
    """Record that an asset was built, in the transaction that builds it."""
    conn.execute(
        """insert into asset_state (asset, migration_id, run_id, code_version, configuration, inputs, data_version, row_count,
             findings, seconds, shown)
           values (%s, %s, %s, %s, %s::jsonb, %s::jsonb, %s, %s, %s::jsonb, %s, %s)
           on conflict (asset) do update set migration_id = excluded.migration_id, run_id = excluded.run_id,
             code_version = excluded.code_version, configuration = excluded.configuration, inputs = excluded.inputs,
             data_version = excluded.data_version, row_count = excluded.row_count, findings = excluded.findings,
             seconds = excluded.seconds, shown = excluded.shown, finished_at = clock_timestamp()""",
        (definition.key, migration_id, run_id, definition.code_version, json.dumps(definition.configuration(settings)),
         json.dumps(inputs), data_version, rows, json.dumps(list(findings)), seconds, shown),
    )  # fmt: skip


def forget(conn: Connection, assets: Iterable[str]) -> None:
    """Delete the states of assets whose relations are gone or did not pass."""
    if has_states(conn):
        conn.execute("delete from asset_state where asset = any(%s)", (list(assets),))


def input_versions(known: dict[str, State], definition: Definition) -> dict[str, str]:
    """The current data versions of an asset's inputs; without those of inputs that do not exist."""
    return {key: known[key].data_version for key in definition.inputs if key in known}
