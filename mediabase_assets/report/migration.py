"""What a migration did, read from its journal: tables and their changes, reasons, accounts.

Contains the queries on the records, by the Dagster run that did the work; printing is in `cli.summary`.
"""

from dataclasses import dataclass
from typing import NamedTuple

from mediabase_assets.model.reasons import sentence
from mediabase_assets.model.statuses import RunStatus
from mediabase_assets.model.tables import TABLES
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.sql_files import Connection, exists
from mediabase_assets.settings.load import Settings
from mediabase_assets.validation.verdict import Decided, read_verdict


@dataclass(frozen=True)
class TableChange:
    """A relation of the release. `how` is moved, difference or kept."""

    relation: str
    how: str
    rows: int
    inserted: int
    updated: int
    deleted: int


@dataclass(frozen=True)
class ViewChange:
    """A view of the release. `how` is moved, created, refreshed, replaced or kept."""

    view: str
    how: str
    reason: str
    rows: int


@dataclass(frozen=True)
class ReasonCount:
    """Facts that were quarantined or repaired for a reason, with the sentence that a curator reads."""

    outcome: str
    reason: str
    facts: int
    sentence: str


@dataclass(frozen=True)
class MigrationResult:
    """What a migration did.

    Attributes:
        migration_id: Which one.
        changes: Relations of its release.
        views: Tables that are shown by a view over such relations, with their rows.
        view_changes: Views of its release.
        previous_release: The release before it; empty if it is the first.
        reasons: Quarantine and repairs by reason, the most frequent first.
        accounts: Lines of its accounts.
        unbalanced: How many of them do not balance.
        facts_read: Facts of the legacy table, each counted once.
        quarantined: How many of them are in quarantine.
        leaves: Scalars by account, as the census counted them; empty if it was not taken.
        set_aside: Values in quarantine whose fact is kept without them, by reason.
        records: The schema with its records.
        verdict: On its release; None if there is none.
    """

    migration_id: str
    changes: tuple[TableChange, ...]
    views: dict[str, int]
    view_changes: tuple[ViewChange, ...]
    previous_release: str
    reasons: tuple[ReasonCount, ...]
    accounts: int
    unbalanced: int
    facts_read: int
    quarantined: int
    leaves: dict[str, int]
    set_aside: tuple[ReasonCount, ...]
    records: str
    verdict: Decided | None = None


def read_result(settings: Settings, run_id: str) -> MigrationResult | None:
    """The result of the migration that a Dagster run worked for; None if it did not get as far as a journal.

    Raises:
        ServerError: The server cannot be reached.
    """
    with connect(settings, autocommit=True, application_name="mediabase summary") as conn:
        entry = _entry(conn, run_id)
        return None if entry is None else _result(conn, entry.migration_id)


def was_released(settings: Settings, run_id: str) -> bool:
    """Whether a run released what it built.

    Raises:
        ServerError: The server cannot be reached.
    """
    with connect(settings, autocommit=True, application_name="mediabase journal") as conn:
        entry = _entry(conn, run_id)
        return entry is not None and entry.status == RunStatus.RELEASED


class _Entry(NamedTuple):
    """What the journal says about a run."""

    migration_id: str
    status: str


def _entry(conn: Connection, run_id: str) -> _Entry | None:
    """The migration that a run worked for, and its status; None if the run did not get as far as a journal."""
    if not exists(conn, "migration_runs"):
        return None
    return conn.row(_Entry, "select migration_id, status from migration_runs where run_id = %s", run_id)


def _result(conn: Connection, migration_id: str) -> MigrationResult:
    changes = conn.rows(
        TableChange,
        """select l.relation, l.how, l.row_count as rows, l.inserted, l.updated, l.deleted
           from release_relations as l join releases as r using (release_id)
           where r.migration_id = %s order by l.relation""",
        migration_id,
    )
    before = conn.value(
        """select release_id from releases where rolled_back_at is null and released_at <
             (select max(released_at) from releases where migration_id = %s)
           order by released_at desc limit 1""",
        migration_id,
    )
    reasons = conn.execute(
        """select outcome, reason, sum(facts)::bigint from reason_account where migration_id = %s
           group by 1, 2 having sum(facts) > 0 order by 1, 3 desc, 2""",
        (migration_id,),
    ).fetchall()
    account = conn.row(
        dict,
        """select count(*) as accounts,
                  count(*) filter (where facts_read <> kept + merged + repaired + quarantined + archived) as unbalanced,
                  coalesce(sum(facts_read) filter (where is_primary), 0)::bigint as facts_read,
                  coalesce(sum(quarantined) filter (where is_primary), 0)::bigint as quarantined
           from row_account where migration_id = %s""",
        migration_id,
    )
    return MigrationResult(
        migration_id=migration_id,
        changes=tuple(changes),
        views=_views(conn, migration_id),
        view_changes=_view_changes(conn, migration_id),
        previous_release=str(before or ""),
        reasons=tuple(ReasonCount(outcome, reason, facts, _sentence(outcome, reason)) for outcome, reason, facts in reasons),
        **(account or {}),
        leaves=_leaves(conn, migration_id),
        set_aside=_set_aside(conn, migration_id),
        records=conn.workspace.operations,
        verdict=read_verdict(conn, migration_id),
    )


def _leaves(conn: Connection, migration_id: str) -> dict[str, int]:
    if not exists(conn, "leaf_census"):  # recorded by a version before the census
        return {}
    rows = conn.execute(
        "select account, sum(leaves)::bigint from leaf_census where migration_id = %s group by 1", (migration_id,)
    ).fetchall()
    return {str(account): int(leaves) for account, leaves in rows}


def _set_aside(conn: Connection, migration_id: str) -> tuple[ReasonCount, ...]:
    rows = conn.execute(
        """select reason, count(*) from quarantine where migration_id = %s and fact_count = 0 group by 1 order by 2 desc, 1""",
        (migration_id,),
    ).fetchall()
    return tuple(ReasonCount("quarantined", str(reason), int(values), _sentence("quarantined", str(reason))) for reason, values in rows)


def _views(conn: Connection, migration_id: str) -> dict[str, int]:
    assets = [f"normalized/{table.name}" for table in TABLES if table.is_view]
    rows = conn.execute(
        """select split_part(asset, '/', 2), row_count from migration_stages
           where migration_id = %s and asset = any(%s) and row_count is not null order by 1""",
        (migration_id, assets),
    ).fetchall()
    return {str(name): int(count) for name, count in rows}


def _view_changes(conn: Connection, migration_id: str) -> tuple[ViewChange, ...]:
    changes = conn.rows(
        ViewChange,
        """select v.view, v.how, v.reason, v.row_count as rows from release_views as v
           join releases as r using (release_id) where r.migration_id = %s order by v.view""",
        migration_id,
    )
    return tuple(changes)


def _sentence(outcome: str, code: str) -> str:
    """The sentence of a reason; a journal of another version may hold codes that this version does not know."""
    try:
        return sentence(outcome, code)
    except KeyError:
        return ""
