"""The suites before a release: everything that is measured of what is to be released, or of what is live, and judged.

Contains their order; each measurement is in a module beside, the SQL in `sql/suites`.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from psycopg import sql

from mediabase_assets.audit.checks import failing_rows
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.release_checks import BEFORE
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.model.views import VIEWS
from mediabase_assets.model.workspace import MIGRATIONS, PLAN
from mediabase_assets.postgres.sql_files import Connection, exists, is_there, looking_in, read
from mediabase_assets.postgres.target import workspace_of
from mediabase_assets.settings.load import Settings
from mediabase_assets.validation.suites import audited, counts, floors, genes, structure
from mediabase_assets.validation.suites.judging import Measure, Result, in_order, judge, share

_SQL = Path(__file__).parents[1] / "sql" / "suites"
_SAMPLES = _SQL / "samples"
#: All SQL of the suites.
FILES = (*sorted(_SQL.glob("*.sql")), *sorted(_SAMPLES.glob("*.sql")))
#: Checks whose counted rows are those that are not as they should be.
_COUNT_BAD = ("few_genes_share_a_symbol", "few_drugs_share_a_name", "genes_have_their_required_fields", "few_facts_are_set_aside")
#: Relations of the extraction that the accuracy is measured by.
_EXTRACTED = ("gene_candidates", "drug_facts")
_NO_EXTRACTION = "The facts of the legacy table are not there any more; the next migration extracts them again."
SCHEMA = "what_is_released_has_the_versioned_schema"


@dataclass(frozen=True)
class Judged:
    """What the suites found.

    Attributes:
        results: Every check, in the order of the table.
        counts: Rows of each table, biotype and source.
        losses: What was lost against the release before.
        before: The release before; empty if there is none.
    """

    results: list[Result]
    counts: dict[str, int]
    losses: list[floors.Loss]
    before: str

    @property
    def stopping(self) -> list[Result]:
        """The checks that stop a release."""
        return [r for r in self.results if r.is_bad and r.check.stops]


def judge_candidates(conn: Connection, settings: Settings, migration_id: str, findings: audited.Findings) -> Judged:
    """Judge what is to be released, in a session that builds."""
    now = counts.count_groups(conn)
    compared, lost, before = _compared(conn, settings, now)
    measures = [
        _schema(conn), *audited.of_candidates(findings), *_shares(conn), *_accuracy(conn, migration_id), *genes.measures(conn, settings),
        *compared,
    ]  # fmt: skip
    return Judged(in_order(_judged(conn, measures, settings)), now, lost, before)


def judge_live(conn: Connection, settings: Settings) -> list[Result]:
    """Judge what is live, in a session that sees the live relations alone, in a transaction that is rolled back.

    The floors compare it with what was released.
    """
    live, operations = settings.database.schema_name, conn.workspace.operations
    release = counts.newest_release(conn, operations)
    missing = [r.name for r in RELATIONS if not is_there(conn, live, r.name)]
    if release is None or missing:
        why_not = f"{', '.join(missing[:3])} {'is' if len(missing) == 1 else 'are'} not there." if release else "Nothing was released yet."
        return [judge(Measure(name, why_not=why_not), settings) for name in BEFORE]
    conn.execute("select set_config('mediabase.migration_id', %s, true)", (release,))
    with looking_in(conn, operations, live, conn.workspace.build):
        now = counts.count_groups(conn)
        before = counts.of_release(conn, operations, live, release)
        found = floors.losses(before.rows, now, settings.floors, release=release)
        measures = [
            _live_schema(conn, live), *audited.of_live(conn, live), *_shares(conn), *_accuracy(conn, release),
            *genes.measures(conn, settings),
            *floors.measures(found, release=release, groups=len(before.rows), floors=settings.floors, note=before.note),
        ]  # fmt: skip
        done = {m.check for m in measures}
        why_not = "Audited by the checks of the assets themselves."
        measures += [Measure(name, why_not=why_not) for name in BEFORE if name not in done]
        return in_order(_judged(conn, measures, settings))


def _judged(conn: Connection, measures: list[Measure], settings: Settings) -> list[Result]:
    """Judge measures; those that do not pass get rows that show it."""
    results = []
    for measure in measures:
        result = judge(measure, settings)
        path = _SAMPLES / f"{measure.check}.sql"
        if result.is_bad and not measure.sample and path.exists():
            finding = failing_rows(conn, measure.check, sql.SQL(read(path)), {})
            result = judge(replace(measure, sample=finding.sample), settings)
        results.append(result)
    return results


def _shares(conn: Connection) -> list[Measure]:
    rows = conn.execute(sql.SQL(read(_SQL / "measures.sql"))).fetchall()
    return [share(name, total, number, are_bad=name in _COUNT_BAD) for name, total, number in rows]


def _accuracy(conn: Connection, migration_id: str) -> list[Measure]:
    """Genes and keys of drugs against what the extraction kept, facts as the round trip recorded them."""
    if all(exists(conn, name) for name in _EXTRACTED):
        rows = conn.execute(sql.SQL(read(_SQL / "reconciliation.sql"))).fetchall()
        measures = [share(name, total, matched) for name, total, matched in rows]
    else:
        names = ("genes_that_passed_the_filters_are_there", "drug_keys_are_reconciled")
        measures = [Measure(name, why_not=_NO_EXTRACTION) for name in names]
    if not all(exists(conn, name) for name in ("round_trip", "row_account")):
        names = ("facts_of_the_legacy_table_come_back", "few_facts_are_set_aside")
        return [*measures, *(Measure(name, why_not="An earlier version migrated, and did not record it.") for name in names)]
    facts = conn.execute(sql.SQL(read(_SQL / "facts.sql")), {"migration": migration_id}).fetchall()
    return [*measures, *(share(name, total, number, are_bad=name in _COUNT_BAD) for name, total, number in facts)]


def _schema(conn: Connection) -> Measure:
    found, built = structure.of_candidates(conn)
    kept = frozenset(r.name for r in RELATIONS) - built  # indexes of live tables are checked after the release
    wrong = structure.differences(structure.expected(conn), found, only_columns_and_keys=kept, with_references=False)
    return schema_measure(SCHEMA, wrong)


def _live_schema(conn: Connection, live: str) -> Measure:
    wrong = structure.differences(structure.expected(conn), structure.of_schema(conn, live), with_references=True)
    return schema_measure(SCHEMA, wrong)


def schema_measure(check: str, wrong: list[dict[str, object]]) -> Measure:
    """The measure of a schema from its differences."""
    relations = counted(len(RELATIONS), "table")
    explanation = f"{relations} compared with the versioned schema: {counted(len(wrong), 'difference')}."
    return Measure(
        check, float(len(wrong)), failures=len(wrong), explanation=explanation, examined={"relations": len(RELATIONS)}, sample=tuple(wrong)
    )


def _compared(conn: Connection, settings: Settings, now: dict[str, int]) -> tuple[list[Measure], list[floors.Loss], str]:
    """The floors: the measures, the losses, and the release before."""
    why_not = ""
    operations, release = "", None
    if settings.workspace in (MIGRATIONS, PLAN):
        operations = workspace_of(conn, settings.for_workspace(MIGRATIONS)).operations
        release = counts.newest_release(conn, operations)
        if release is None:
            why_not = "The first release: there is none before it to compare with."
        elif settings.workspace == MIGRATIONS and not _is_anything_new(conn):
            why_not = "Nothing new is to be released; what is live was compared when it was released."
    else:
        why_not = "A self-test has no release before it."
    if why_not or release is None:
        return [Measure(name, why_not=why_not) for name in (floors.STOPS, floors.WARNS)], [], ""
    before = counts.of_release(conn, operations, settings.database.schema_name, release)
    found = floors.losses(before.rows, now, settings.floors, release=release)
    measures = floors.measures(found, release=release, groups=len(before.rows), floors=settings.floors, note=before.note)
    return measures, found, release


def _is_anything_new(conn: Connection) -> bool:
    """Whether a relation was built that is not live."""
    names = [*(r.name for r in RELATIONS), *(v.name for v in VIEWS)]
    return bool(conn.value("select exists (select from built_relations where not is_live and relation = any(%s))", names))
