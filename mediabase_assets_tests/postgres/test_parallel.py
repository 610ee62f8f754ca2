"""Several sessions share parts: each waits for what it reads, two work at once, and the first failure ends all."""

import threading

import psycopg
import pytest

from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.parallel import needs_of, part, share
from mediabase_assets.validation.round_trip.parts import parts_of

pytestmark = pytest.mark.pg


def of(name, *statements, **kinds):
    def act(conn):
        for statement in statements:
            conn.execute(statement)

    return part(name, act, statements, **kinds)


@pytest.fixture
def sessions(settings, conn):
    with connect(settings, autocommit=True) as other:
        yield [conn, other]


def test_a_part_waits_for_what_it_reads_and_for_nothing_else(settings):
    needs = needs_of(parts_of(settings))
    assert needs["legacy"] == needs["view"] == set()
    assert needs["references"] == {"legacy", "view"}
    assert needs["expected_genes"] == {"legacy"}
    assert needs["transcripts"] == {"legacy", "view", "expected_genes"}
    assert needs["tables_of_pathways"] == {"pharmgkb", "pathways"}
    assert needs["tables_of_publications"] == {"references", "go", "pharmgkb", "tables_of_pathways"}
    assert needs["derived__genes"] == {"tables_of_genes"}
    assert needs["derived"] == {name for name in needs if name.startswith("derived__")}
    assert [name for name, needed in needs.items() if not needed] == ["legacy", "view"]


def test_what_a_comment_names_is_not_waited_for():
    first = of("first", "create unlogged table a as select 1 as n")
    assert needs_of([first, of("second", "select 1 -- not a")]) == {"first": set(), "second": set()}
    assert needs_of([first, of("second", "select n from a")])["second"] == {"first"}


def test_two_parts_are_worked_on_at_once_and_later_ones_see_what_they_made(sessions):
    both = threading.Barrier(2, timeout=10)

    def made(name):
        def act(conn):
            both.wait()
            conn.execute(f"create unlogged table {name} as select pg_backend_pid() as pid")

        return part(name, act, [f"create unlogged table {name}"])

    share(sessions, [made("a"), made("b"), of("c", "create view c as select pid from a union select pid from b")])
    assert sessions[0].execute("select count(*) from c").fetchone() == (2,)


def test_the_first_that_can_be_begun_is_next(sessions):
    begun = []
    works = [part(name, lambda conn, name=name: begun.append(name), [text]) for name, text in (("a", ""), ("b", ""), ("c", ""), ("d", ""))]
    share(sessions[:1], works)
    assert begun == ["a", "b", "c", "d"]


def test_the_first_failure_is_told_and_the_others_are_stopped(sessions):
    sleeping = of("long", "create unlogged table kept as select 1", "select pg_sleep(60)")
    with pytest.raises(psycopg.errors.DivisionByZero):
        share(
            sessions,
            [sleeping, of("wrong", "select pg_sleep(0.3)", "select 1 / 0"), of("after", "create unlogged table after as select 1")],
        )
    for session in sessions:
        assert session.execute("select to_regclass('kept'), to_regclass('after')").fetchone() == (None, None)


def test_one_look_sees_one_moment_and_one_helper_is_granted(sessions):
    seen = {}

    def look(name):
        def act(conn):
            rows = conn.execute("select current_setting('transaction_isolation'), current_setting('max_parallel_workers_per_gather')")
            seen[name] = rows.fetchone()

        return act

    sessions[0].execute("set max_parallel_workers_per_gather = 0")
    share(sessions[:1], [part("one look", look("one look"), [], is_one_look=True, has_helper=True), part("plain", look("plain"), [])])
    assert seen == {"one look": ("repeatable read", "1"), "plain": ("read committed", "0")}
