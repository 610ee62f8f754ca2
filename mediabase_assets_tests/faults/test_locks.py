"""Other people's locks: a migration waits for them, says whose they are, and never keeps others waiting for long itself."""

import threading
import time
from contextlib import contextmanager

import pytest
from psycopg import sql

from mediabase_assets.model.views import VIEWS
from mediabase_assets.postgres import connect, locks
from mediabase_assets.postgres.locks import LockHeldError, blocker, briefly, holders
from mediabase_assets.release.views import replace
from mediabase_assets_tests.faults.places import content_of
from mediabase_assets_tests.pipeline import copies

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]

LOCKED_OUT = """select c.relname::text from pg_locks as l join pg_class as c on c.oid = l.relation
  join pg_stat_activity as a on a.pid = l.pid
  where l.mode = 'AccessExclusiveLock' and l.granted and c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'm', 'v')
    and l.database = (select oid from pg_database where datname = current_database()) and a.application_name like 'mediabase %'"""


@contextmanager
def held(this, relation, mode, *, until=lambda: True, seconds=0.0):
    """Somebody else holds a lock, for some seconds and until something is so."""
    taken, end = threading.Event(), threading.Event()

    def hold():
        with connect.connect(this.settings, application_name="somebody") as conn:
            conn.execute(sql.SQL("lock table {} in {} mode").format(sql.Identifier("public", relation), sql.SQL(mode)))
            taken.set()
            began = time.monotonic()
            while not end.wait(0.05) and (time.monotonic() - began < seconds or not until()):
                pass
            conn.rollback()

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    assert taken.wait(20)
    try:
        yield
    finally:
        end.set()
        thread.join()


def logged(this, run):
    return "\n".join(e.user_message for e in this.instance.all_logs(run.run_id))


def is_waited_for(this):
    query = """select exists (select from pg_stat_activity as w, unnest(pg_blocking_pids(w.pid)) as p (pid) join pg_stat_activity as b
                              on b.pid = p.pid where b.application_name = 'somebody')"""
    return lambda: time.sleep(2.5) is None if this.value(query) else False


def test_a_locked_legacy_table_is_waited_for_and_whoever_holds_it_is_named(template, fault_home):
    with copies.copy_of(template, fault_home) as this:
        with held(this, "cancer_transcript_base", "access exclusive", until=is_waited_for(this)):
            run = this.migrate()
        assert run.success, copies.told(run)
        assert "waits for a lock of server process" in logged(this, run)
        assert "somebody" in logged(this, run)


def test_a_lock_is_a_warning_only_where_it_lasts(template, fault_home, monkeypatch):
    monkeypatch.setattr(locks, "LOOK", 0.1)
    monkeypatch.setattr(locks, "AGAIN", 1.0)
    reported, warned, lasts = [], [], threading.Event()

    def warn(sentence):
        warned.append((time.monotonic(), sentence))
        lasts.set()

    def wait_for_it():
        with connect.connect(this.settings, application_name="mediabase test") as conn:
            conn.execute("lock table cancer_transcript_base")

    with copies.copy_of(template, fault_home) as this:
        with (
            held(this, "cancer_transcript_base", "access share", seconds=60),
            locks.lookout(this.settings, lambda text: reported.append((time.monotonic(), text)), warn),
        ):
            thread = threading.Thread(target=wait_for_it, daemon=True)
            thread.start()
            assert lasts.wait(30)
        thread.join()
    [(first, text)] = reported
    assert "mediabase test waits for a lock of server process" in text
    assert warned[0][0] - first >= 1.0


def test_after_too_long_the_error_names_whoever_holds_it_and_nothing_was_changed(template, fault_home, monkeypatch):
    monkeypatch.setattr(connect, "LOCK_TIMEOUT", "2500ms")
    with copies.copy_of(template, fault_home) as this:
        with held(this, "cancer_transcript_base", "access exclusive", seconds=120):
            run = this.migrate()
        assert not run.success
        told = copies.told(run)
        assert "The lock was held by server process" in told
        assert "somebody" in told
        assert "pg_terminate_backend" in told
        assert copies.relations(this, "public") == {"cancer_transcript_base"}


def test_a_release_over_a_live_one_locks_readers_out_for_a_moment_only(template, fault_home):
    """A second release: rows changed, a view replaced, while somebody reads a table and another writes to a third."""
    with copies.copy_of(template, fault_home) as this:
        assert this.migrate().success
        before = content_of(this)
        with this.connect() as conn:
            conn.execute("update cancer_transcript_base set pathways = array['A new pathway [Reactome:R-HSA-9999999]']"
                         " where gene_id = (select min(gene_id) from genes)")  # fmt: skip
            conn.execute("update mediabase_ops.view_state set definition = 'of an older version' where view = 'pathway_gene_counts'")
        longest, end = {}, threading.Event()

        def watch():
            since = {}
            with this.connect() as conn:
                while not end.wait(0.005):
                    now, found = time.monotonic(), {name for (name,) in conn.execute(LOCKED_OUT).fetchall()}
                    since = {name: since.get(name, now) for name in found}
                    for name, began in since.items():
                        longest[name] = max(longest.get(name, 0.0), now - began)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        with held(this, "pathways", "access share", seconds=600), held(this, "publications", "row exclusive", seconds=600):
            run = this.migrate()
        end.set()
        thread.join()
        assert run.success, copies.told(run)
        assert content_of(this).hashes != before.hashes
        assert all(seconds < 1 for seconds in longest.values()), longest


def test_a_replacement_that_readers_never_allow_names_them(template, fault_home, monkeypatch):
    monkeypatch.setattr("mediabase_assets.release.views.ATTEMPTS", 3)
    view = next(v for v in VIEWS if v.name == "pathway_annotation_coverage")
    with copies.copy_of(template, fault_home) as this, this.connect() as conn:
        conn.execute("create view pathway_annotation_coverage as select 1 as x")
        with held(this, view.name, "access share", seconds=60):
            assert [b.application for b in holders(conn, [("public", view.name)])] == ["somebody"]
            with pytest.raises(Exception, match=r"being read all the time.*by server process \d+ \(role postgres, somebody\)"):
                replace(conn, [view], "mediabase_next", "public")
        assert conn.execute("select x from pathway_annotation_coverage").fetchall() == [(1,)]


def test_what_locks_others_out_gives_up_and_lets_them_pass(template, fault_home):
    with copies.copy_of(template, fault_home) as this, this.connect() as conn:

        def act():
            conn.execute("lock table cancer_transcript_base")
            acted.append(True)

        acted, reported, on = [], [], [("public", "cancer_transcript_base")]
        with held(this, "cancer_transcript_base", "access share", seconds=60), pytest.raises(LockHeldError) as caught:
            briefly(conn, act, on=on, report=reported.append, attempts=2)
        assert "somebody" in caught.value.held_by
        assert "with a lock on public.cancer_transcript_base" in caught.value.held_by
        assert len(reported) == 1
        assert acted == []
        briefly(conn, act, on=on, attempts=2)
        assert acted == [True]
        assert conn.execute("show lock_timeout").fetchone() == ("1min",)


def test_a_password_in_a_statement_is_never_told():
    found = blocker(("us", 7, "x", "psql", "active", None, "alter role x password 'hunter2'"))
    assert "hunter2" not in str(found)
    assert str(blocker(("us", 7, "x", "psql", "active", None, "select  1"))).endswith(": select 1")
