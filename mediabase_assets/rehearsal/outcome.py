"""What a dry run reports, read from its workspace before that is dropped.

Contains the queries and the values; the order of steps is in `dry_run`, the words are in `cli.dry_run`.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediabase_assets.legacy.table import describe_legacy_table
from mediabase_assets.model.tables import TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.model.workspace import MIGRATIONS
from mediabase_assets.planning.plan import work_to_do
from mediabase_assets.postgres.connect import Session, connect
from mediabase_assets.postgres.session import build_session
from mediabase_assets.postgres.sql_files import Connection, exists
from mediabase_assets.rehearsal.footprint import Proof
from mediabase_assets.rehearsal.needs import Needs, measured_needs
from mediabase_assets.release import difference
from mediabase_assets.release.difference import Difference
from mediabase_assets.report import migration
from mediabase_assets.report.migration import MigrationResult
from mediabase_assets.runs.failures import Failure
from mediabase_assets.settings.load import Settings

if TYPE_CHECKING:
    from mediabase_assets.runs.runner import Outcome

#: How many examples of each reason, and symbols that several genes share, are reported.
EXAMPLES, CONFLICTS = 3, 10


@dataclass(frozen=True)
class Example:
    """One value that would be quarantined or repaired: why, where it is, the value, and the winner if there is one."""

    outcome: str
    reason: str
    where: str
    raw_value: Any
    winner: str | None = None


@dataclass(frozen=True)
class Conflict:
    """A symbol that several genes share: the gene that keeps it, and the others with what becomes of them."""

    symbol: str
    winner: str
    others: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What a migration would do.

    Attributes:
        migration_id: Of the dry run.
        symbol_conflicts: The policy that it was made with.
        seconds: Time that building and auditing took.
        rows: Rows of every table and view that was built.
        result: Reasons and accounts; None if it did not get as far.
        examples: Some values of every reason.
        conflicting_symbols: How many symbols several genes share.
        conflicts: Some of them.
        against: The newest release; empty if there is none.
        differences: What would change in every live relation and view.
        needs: Disk and time.
        stale: What is not done yet, with the reason; None if it cannot be known.
        failures: What failed, and warnings.
        log_file: Every event of the run.
        proof: What was compared to prove that nothing else was touched.
        report: The file that holds all of this for programs.
    """

    migration_id: str
    symbol_conflicts: str
    seconds: float
    rows: dict[str, int]
    result: MigrationResult | None
    examples: tuple[Example, ...]
    conflicting_symbols: int
    conflicts: tuple[Conflict, ...]
    against: str
    differences: tuple[Difference, ...]
    needs: Needs | None
    stale: dict[str, str] | None
    failures: tuple[Failure, ...]
    log_file: Path
    proof: Proof = field(default=Proof(0, 0, 0, ()))
    report: Path = field(default=Path())

    @property
    def passed(self) -> bool:
        """Whether every audit passed, so that the migration would be released."""
        unbalanced = self.result.unbalanced if self.result else 1
        return not unbalanced and not any(not f.is_warning for f in self.failures)


def read_plan(conn: Session, settings: Settings, trial: Settings, outcome: "Outcome", *, wal_bytes: int) -> Plan:
    """Read the plan.

    Args:
        conn: The session that holds the workspace.
        settings: Of the migration.
        trial: Of the dry run.
        outcome: How the run went.
        wal_bytes: Write-ahead log that it caused.
    """
    result = migration.read_result(trial, outcome.run_id)
    values: dict[str, Any] = {"migration_id": result.migration_id if result else "", "result": result}
    values |= {"rows": {}, "examples": (), "conflicting_symbols": 0, "conflicts": (), "differences": (), "needs": None}
    if result is not None:
        with build_session(trial, migration_id=result.migration_id, asset="dry run") as session:
            values["rows"] = _rows(session)
            values["examples"] = _examples(session)
            values["conflicting_symbols"], values["conflicts"] = _conflicts(session)
            values["differences"] = tuple(difference.differences(session, settings.database.schema_name))
        values["needs"] = measured_needs(conn, settings, trial, seconds=outcome.seconds, wal_bytes=wal_bytes)
    with connect(settings, autocommit=True, application_name="mediabase dry run") as live:
        values["against"] = _newest_release(live)
        values["stale"] = _stale(live, settings)
    return Plan(
        symbol_conflicts=settings.symbol_conflicts, seconds=outcome.seconds, failures=outcome.failures, log_file=outcome.log_file, **values
    )


def _rows(conn: Connection) -> dict[str, int]:
    """Rows by table or view, tables first, parents before children."""
    rows = conn.execute(
        """select relation, row_count from built_relations where asset like 'normalized/%%' or asset like 'views/%%'
           union select split_part(asset, '/', 2), row_count from migration_stages
           where asset like 'normalized/%%' and row_count is not null""",
        {},
    ).fetchall()
    counts = {str(name): int(count) for name, count in rows}
    order = [*(name for t in TABLES for name in dict.fromkeys((*(r.name for r in t.relations), t.name))), *(v.name for v in VIEWS)]
    return {name: counts[name] for name in order if name in counts}


def _examples(conn: Connection) -> tuple[Example, ...]:
    examples = conn.rows(
        Example,
        """select outcome, reason, concat_ws(', ', transcript_id, gene_id, legacy_column, nullif(json_path, '$')) as "where",
             raw_value, winner
           from (
             select f.*, row_number() over (
               partition by outcome, reason order by gene_id nulls last, transcript_id, legacy_column, json_path, raw_value::text) as number
             from (
               select 'quarantined' as outcome, reason, transcript_id, gene_id, legacy_column, json_path, raw_value, winner from quarantine
               union all select 'repaired', reason, transcript_id, gene_id, legacy_column, json_path, raw_value, null from repairs
             ) as f) as n
           where number <= %s order by outcome, reason, number""",
        EXAMPLES,
    )
    return tuple(examples)


def _conflicts(conn: Connection) -> tuple[int, tuple[Conflict, ...]]:
    if not exists(conn, "symbol_conflicts"):
        return 0, ()
    rows = conn.execute(
        """select count(*) over (), symbol, min(gene_id) filter (where rank_of_symbol = 1),
             array_agg(gene_id || case when reason is null then ' as ' || gene_symbol else ', quarantined' end
               order by rank_of_symbol) filter (where rank_of_symbol > 1)
           from symbol_conflicts where kind = 'same_symbol' group by symbol order by count(*) desc, symbol limit %s""",
        (CONFLICTS,),
    ).fetchall()
    conflicts = tuple(Conflict(symbol, winner or "", tuple(others or ())) for _, symbol, winner, others in rows)
    return max((number for number, *_ in rows), default=0), conflicts


def _newest_release(conn: Session) -> str:
    if not exists(conn, "releases"):
        return ""
    return str(conn.value("select release_id from releases order by released_at desc limit 1") or "")


def _stale(conn: Session, settings: Settings) -> dict[str, str] | None:
    """What the next migration would build and why; None where the legacy table was loaded for the dry run alone."""
    assert settings.workspace == MIGRATIONS
    if not describe_legacy_table(conn, settings.database.source_schema, settings.database.legacy_table).exists:
        return None
    return work_to_do(conn, settings, reads_only=True)
