"""The suites after a release: the live schema, views, look-ups, speed and answers, measured and judged.

Contains what is measured of a release; the query benchmark is read from its records, since it was measured for this release.
"""

from psycopg import sql

from mediabase_assets.model.quantities import counted
from mediabase_assets.model.release_checks import CHECKS
from mediabase_assets.model.tables import TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.postgres.sql_files import Connection, exists, has_rows, is_there, looking_in
from mediabase_assets.settings.load import Settings
from mediabase_assets.validation.suites import look_ups, structure
from mediabase_assets.validation.suites.before import schema_measure
from mediabase_assets.validation.suites.judging import Measure, Result, in_order, judge, plain, threshold_of
from mediabase_assets.views import definition

SCHEMA, THERE, FILLED = "the_live_schema_is_whole", "every_view_is_there", "every_view_has_rows"
FASTER, SAME = "views_answer_faster", "views_answer_as_the_legacy_table_does"
#: Milliseconds that a question has to take from the legacy table for its speed-up to count, and how many such questions are needed.
LONG_ENOUGH_MS, FEWEST_QUESTIONS = 5, 3


def judge_release(conn: Connection, settings: Settings, measured: str) -> list[Result]:
    """Judge what is live, in a transaction of a session that sees the live relations; the transaction is rolled back.

    Args:
        conn: The session.
        settings: The settings.
        measured: The migration for which its query benchmark was measured last; empty if it was not.
    """
    live = settings.database.schema_name
    measures = [_schema(conn, live), *_views(conn, live), look_ups.measure(conn), *_benchmark(conn, settings, measured)]
    return in_order(judge(m, settings) for m in measures)


def _schema(conn: Connection, live: str) -> Measure:
    wrong = structure.differences(structure.expected(conn), structure.of_schema(conn, live), with_references=True)
    return schema_measure(SCHEMA, wrong)


def _views(conn: Connection, live: str) -> list[Measure]:
    """The views that are missing, and those without rows whose tables have rows."""
    described = {view.name: definition.describe(conn, live, view.name) for view in VIEWS}
    populated = set(conn.values("select matviewname from pg_matviews where schemaname = %s and ispopulated", live))
    missing = [v.name for v in VIEWS if described[v.name] is None or (v.is_materialized and v.name not in populated)]
    empty = []
    with looking_in(conn, live):
        filled = {t.name: is_there(conn, live, t.name) and has_rows(conn, t.name) for t in TABLES}
        for view in VIEWS:
            if view.name not in missing and not has_rows(conn, view.name) and all(filled.get(p, True) for p in view.parents):
                empty.append(view.name)
    number = counted(len(VIEWS), "view")
    there = f"{len(VIEWS) - len(missing)} of {number} are there" + (f"; missing: {', '.join(missing)}." if missing else ".")
    have = f"{counted(len(VIEWS) - len(missing), 'view')} looked into"
    have += f"; without a row though their tables have rows: {', '.join(empty)}." if empty else "; none is empty whose tables have rows."
    return [
        Measure(name, float(len(those)), failures=len(those), explanation=text, examined={"views": len(VIEWS)},
                sample=tuple({"view": view} for view in those))
        for name, those, text in ((THERE, missing, there), (FILLED, empty, have))
    ]  # fmt: skip


def _benchmark(conn: Connection, settings: Settings, release: str) -> list[Measure]:
    """What the query benchmark measured for the release."""
    number = 0
    if exists(conn, "query_benchmark"):
        number = conn.value("select count(*) from query_benchmark where migration_id = %s", release)
    if not number:
        why_not = "The query benchmark was not measured for what is live."
        return [Measure(FASTER, why_not=why_not), Measure(SAME, why_not=why_not)]
    return [_faster(conn, settings, release), _same(conn, release)]


def _faster(conn: Connection, settings: Settings, release: str) -> Measure:
    rows = conn.execute(
        """select query, legacy_ms, views_ms, times_faster from query_benchmark
           where migration_id = %s and legacy_ms >= %s and times_faster is not null order by times_faster, query""",
        (release, LONG_ENOUGH_MS),
    ).fetchall()
    if len(rows) < FEWEST_QUESTIONS:
        long = f"{counted(len(rows), 'question takes', 'questions take')} {LONG_ENOUGH_MS} ms or more from the legacy table"
        return Measure(FASTER, why_not=f"Too small to tell: {long}; {FEWEST_QUESTIONS} are needed.")
    middle = conn.value(
        sql.SQL("select percentile_cont(0.5) within group (order by t) from unnest(%s::float8[]) as t"), [r[3] for r in rows]
    )
    threshold = threshold_of(CHECKS[FASTER], settings)
    slow = [{"query": q, "legacy ms": old, "views ms": new, "times faster": round(t, 2)} for q, old, new, t in rows if t < threshold]
    explanation = (
        f"The views answer {plain(middle)} times faster, the median of {counted(len(rows), 'question')} that the legacy table needs"
        f" {LONG_ENOUGH_MS} ms or more for; expected at least {plain(threshold)} times."
    )
    return Measure(
        FASTER, float(middle), failures=len(slow), explanation=explanation, examined={"questions": len(rows)}, sample=tuple(slow)
    )


def _same(conn: Connection, release: str) -> Measure:
    rows = conn.execute(
        """select query, is_same_answer, comparison from query_benchmark
           where migration_id = %s and is_same_answer is not null order by query""",
        (release,),
    ).fetchall()
    if not rows:
        return Measure(SAME, why_not="No answers could be compared: the legacy table is not there.")
    wrong = [{"query": query, "comparison": comparison} for query, is_same, comparison in rows if not is_same]
    explanation = f"{len(rows) - len(wrong)} of {counted(len(rows), 'question')} get the same answer from both sides."
    return Measure(
        SAME, float(len(wrong)), failures=len(wrong), explanation=explanation, examined={"questions": len(rows)}, sample=tuple(wrong)
    )
