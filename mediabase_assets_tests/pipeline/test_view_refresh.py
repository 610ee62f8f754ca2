"""A live view outside a release: refreshed from audited tables, replaced, repaired after a kill; and readers do not notice."""

import signal
import subprocess
import sys
import threading
import time
import warnings
from contextlib import contextmanager

import dagster as dg
import psycopg
import pytest

from mediabase_assets.model.views import MATERIALIZED, VIEWS
from mediabase_assets.postgres.content_hash import content_hash
from mediabase_assets.records.lock import Purpose, hold_migration_lock, release_migration_lock
from mediabase_assets.views import definition
from mediabase_assets.views import state as view_state
from mediabase_assets_tests.fixtures.environment import clean_environment
from mediabase_assets_tests.pipeline import copies, harness
from mediabase_assets_tests.pipeline.refreshes import due, other_query, view_hashes
from mediabase_assets_tests.pipeline.view_oracle import Oracle, read

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
OF_DRUGS = {
    "gene_summary_view",
    "drug_interaction_summary_view",
    "patient_query_optimized_view",
    "pathway_druggability",
    "drug_gene_summary",
}


@pytest.fixture
def live(migrated, pipeline_home):
    """A migrated project of its own."""
    with copies.copy_of(migrated, pipeline_home) as this:
        copies.recognize_tables(this)
        yield this


def refresh(this, *names):
    return this.migrate(*(f"views/{n}" for n in names), job="refresh_views")


def row_versions(this, name):
    return dict(this.rows(f"select ctid::text, xmin::text from {name}"))


def drop_an_interaction(this):
    with this.connect() as conn:
        return conn.execute(
            "delete from gene_drug_interactions where ctid = (select min(ctid) from gene_drug_interactions) returning gene_id"
        ).fetchone()[0]


# ------------------------------------------------------------------------------------------------------------- what is refreshed


def test_nothing_is_due_when_nothing_changed(live):
    before = {v.name: row_versions(live, v.name) for v in MATERIALIZED}
    assert due(live).reasons == {}
    assert due(live).skipped == "No table changed since the views were last refreshed."
    assert refresh(live).success
    assert {v.name: row_versions(live, v.name) for v in MATERIALIZED} == before


def test_what_was_changed_outside_dagster_is_noticed_from_the_tables(live):
    drop_an_interaction(live)
    reasons = due(live).reasons
    assert set(reasons) == OF_DRUGS
    assert set(reasons.values()) == {"gene_drug_interactions changed"}
    result = refresh(live, *reasons)
    assert result.success
    assert harness.executed(result) == {f"views/{name}" for name in OF_DRUGS}
    assert due(live).reasons == {}
    with live.connect() as conn:
        oracle = Oracle(conn)
        shown = {row["drug_name"]: row["target_gene_count"] for row in read(conn, "drug_gene_summary")}
    assert shown == {row["drug_name"]: row["target_gene_count"] for row in oracle.drug_gene_summary()}


def test_only_rows_that_changed_are_written(live):
    gene = drop_an_interaction(live)
    before = {g: (c, x) for g, c, x in live.rows("select gene_id, ctid::text, xmin::text from gene_summary_view")}
    assert refresh(live, "gene_summary_view").success
    after = {g: (c, x) for g, c, x in live.rows("select gene_id, ctid::text, xmin::text from gene_summary_view")}
    assert {g for g in before if before[g] != after[g]} == {gene}


def test_what_a_refresh_did_is_told_and_recorded(live):
    drop_an_interaction(live)
    result = refresh(live, "drug_gene_summary", "pathway_gene_counts")
    told = {
        e.asset_key.path[-1]: e.step_materialization_data.materialization.metadata for e in result.all_events if e.is_step_materialization
    }
    assert told["drug_gene_summary"]["how"].value == "refreshed"
    assert told["drug_gene_summary"]["why"].value == "gene_drug_interactions changed"
    assert told["pathway_gene_counts"]["how"].value == "kept"
    logged = live.rows("select view, how, reason from mediabase_ops.view_refreshes order by refreshed_at desc, view limit 2")
    assert set(logged) == {("drug_gene_summary", "refreshed", "gene_drug_interactions changed"), ("pathway_gene_counts", "kept", "")}
    # a refresh is no migration
    assert live.value("select count(*) from mediabase_ops.migration_runs") == 1


def test_a_view_that_somebody_dropped_comes_back(live):
    with live.connect() as conn:
        conn.execute("drop materialized view pathway_druggability")
    assert due(live).reasons == {"pathway_druggability": "it is not there"}
    before = view_hashes_without(live, "pathway_druggability")
    assert refresh(live, "pathway_druggability").success
    assert view_hashes_without(live, "pathway_druggability") == before
    assert live.value("select count(*) from pathway_druggability") == live.value("select count(*) from pathway_gene_counts")
    assert copies.relations(live, "mediabase_successors") == set()


def view_hashes_without(this, name):
    with this.connect() as conn:
        return {v.name: content_hash(conn, "public", v.name) for v in MATERIALIZED if v.name != name}


def test_an_index_that_somebody_dropped_comes_back_and_theirs_stay(live):
    with live.connect() as conn:
        conn.execute("drop index gene_summary_view_gene_symbol_idx")
        conn.execute("create index somebodys on gene_summary_view (gene_type)")
    assert due(live).reasons == {"gene_summary_view": "its indexes changed"}
    assert refresh(live, "gene_summary_view").success
    with live.connect() as conn:
        found = definition.describe(conn, "public", "gene_summary_view").indexes
    assert {"gene_summary_view_gene_symbol_idx", "somebodys"} <= set(found)
    assert due(live).reasons == {}


# --------------------------------------------------------------------------------------------------------- never from bad content


def test_a_view_is_never_refreshed_from_a_table_that_does_not_pass_its_audit(live):
    before = view_hashes(live)
    with live.connect() as conn:
        (gene,) = conn.execute("update genes set chromosome = 'chr99' where gene_symbol = 'TP53' returning gene_id").fetchone()
    result = refresh(live, "gene_summary_view", "pathway_coverage_view")
    assert not result.success
    text = copies.told(result)
    assert "The table genes does not pass its audit, so that gene_summary_view was not refreshed from it" in text
    assert "chr99" in text
    assert gene in text
    assert "it did not at its last audit" in text  # the second view does not look at all rows again
    assert view_hashes(live) == before
    with live.connect() as conn:
        conn.execute("update genes set chromosome = 'chr17' where gene_id = %s", (gene,))
    assert refresh(live).success
    assert due(live).reasons == {}


def test_a_refresh_whose_audit_fails_never_replaces_good_content(live, tmp_path, monkeypatch):
    before = view_hashes(live)
    with other_query(tmp_path, monkeypatch, "drug_gene_summary", "from of_drugs as d", "from (select * from of_drugs limit 3) as d"):
        result = refresh(live, "drug_gene_summary")
        assert not result.success
        assert "drug_gene_summary did not pass its audit; the refresh was rolled back, and the view keeps its old rows." in copies.told(
            result
        )
        (failed,) = harness.failed_checks(result).values()
        assert {row["what"] for row in copies.sample_of(failed)} >= {"drug names"}
    assert view_hashes(live) == before
    assert copies.relations(live, "mediabase_successors") == set()


# ------------------------------------------------------------------------------------------------------------- another definition


def test_a_changed_definition_replaces_the_view_and_what_people_built_on_it_survives(live, tmp_path, monkeypatch):
    with live.connect() as conn:
        conn.execute("create role reader_of_views")
        conn.execute("grant select on drug_gene_summary to reader_of_views with grant option")
        conn.execute("create view mine as select drug_name, target_gene_count from drug_gene_summary where target_gene_count > 1")
        conn.execute("comment on view mine is 'what I look at'")
        conn.execute("comment on column mine.drug_name is 'the drug'")
        conn.execute("grant select on mine to public")
        conn.execute("create materialized view mine_too as select count(*) as n from mine")
        conn.execute("create unique index mine_too_key on mine_too (n)")
    try:
        mine = live.rows("select * from mine order by 1")
        with other_query(tmp_path, monkeypatch, "drug_gene_summary", "avg(evidence_strength)", "round(avg(evidence_strength), 4)"):
            assert due(live).reasons == {"drug_gene_summary": "its query changed"}
            assert refresh(live, "drug_gene_summary").success
            assert due(live).reasons == {}
        assert live.value("select max(scale(avg_evidence_strength)) from drug_gene_summary") == 4
        assert live.rows("select * from mine order by 1") == mine
        assert live.value("select n from mine_too") == len(mine)
        assert live.value("select obj_description('mine'::regclass)") == "what I look at"
        assert live.value("select col_description('mine'::regclass, 1)") == "the drug"
        for relation, role, grant in (("drug_gene_summary", "reader_of_views", True), ("mine", "public", False)):
            privilege = "select with grant option" if grant else "select"
            assert live.value("select has_table_privilege(%s, %s, %s)", role, relation, privilege)
        assert live.value("select count(*) from pg_indexes where indexname = 'mine_too_key'") == 1
    finally:
        with live.connect() as conn:
            conn.execute("drop owned by reader_of_views")
            conn.execute("drop role reader_of_views")


def test_what_cannot_be_put_up_again_stops_the_replacement(live, tmp_path, monkeypatch):
    with live.connect() as conn:
        conn.execute("create view mine as select drug_class from drug_gene_summary")
    before = view_hashes(live)
    with other_query(tmp_path, monkeypatch, "drug_gene_summary", "d.drug_class, ", ""):
        result = refresh(live, "drug_gene_summary")
    assert not result.success
    assert view_hashes(live) == before
    assert live.rows("select count(*) from mine") == [(before["drug_gene_summary"].rows,)]


def test_a_replacement_waits_for_readers_without_holding_others_up(live, tmp_path, monkeypatch):
    """A long reader keeps the replacement waiting, and nobody else: it takes its lock for a moment at a time."""
    with (
        other_query(tmp_path, monkeypatch, "pathway_druggability", "round(100.0 *", "round(100.00 *"),
        live.connect(autocommit=False) as long,
        live.connect() as short,
    ):
        long.execute("select count(*) from pathway_druggability")
        worker = threading.Thread(target=refresh, args=(live, "pathway_druggability"))
        worker.start()
        wait_for(live, "select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock'")
        short.execute("set lock_timeout = '2s'")
        for _ in range(50):
            assert short.execute("select count(*) > 0 from pathway_druggability").fetchone() == (True,)
        assert worker.is_alive()
        long.rollback()
        worker.join(60)
        assert not worker.is_alive()
        assert live.runs[-1].success
        assert due(live).reasons == {}


def wait_for(this, query, seconds=60):
    until = time.monotonic() + seconds
    while not this.value(query):
        assert time.monotonic() < until, query
        time.sleep(0.01)


# ------------------------------------------------------------------------------------------------------------------ readers in a loop


def test_readers_never_wait_never_err_and_never_see_a_mixture(live):
    """While views are refreshed in a loop, readers see all rows of one state or all of the other, and no lock for 100 ms."""
    rows = live.value("select count(*) from transcript_enrichment_view")
    stop, problems, seen = threading.Event(), [], set()

    def reader():
        try:
            with live.connect() as conn:
                conn.execute("set lock_timeout = '100ms'")
                while not stop.is_set():
                    state = conn.execute("select count(*), array_agg(distinct gene_type) from transcript_enrichment_view").fetchone()
                    if state[0] != rows or len(state[1]) != 1:
                        problems.append(state)
                    seen.add(state[1][0])
                    conn.execute("select * from gene_summary_view where gene_symbol = 'TP53'").fetchone()
        except psycopg.Error as error:
            problems.append(error)

    with live.connect() as conn:
        conn.execute("update genes set gene_type = 'state_0'")
    assert refresh(live).success
    readers = [threading.Thread(target=reader) for _ in range(3)]
    for thread in readers:
        thread.start()
    for number in range(1, 6):
        with live.connect() as conn:
            conn.execute("update genes set gene_type = %s", (f"state_{number}",))
        assert refresh(live, "transcript_enrichment_view", "gene_summary_view").success
    stop.set()
    for thread in readers:
        thread.join()
    assert problems == []
    assert len(seen) >= 3


# ------------------------------------------------------------------------------------------------------------------------ killed

SCRIPT = """
import sys, dagster as dg
from mediabase_assets.definitions import defs
from mediabase_assets.views import definition
from pathlib import Path
if sys.argv[2]:
    definition.QUERIES = Path(sys.argv[2])
with dg.DagsterInstance.local_temp(sys.argv[1]) as instance:
    defs().resolve_job_def("refresh_views").execute_in_process(
        instance=instance, raise_on_error=False, asset_selection=[dg.AssetKey(["views", sys.argv[3]])])
"""


@contextmanager
def a_run_of_its_own(this, tmp_path, view, queries=""):
    """A process that refreshes a view."""
    folder = tmp_path / "dagster"
    folder.mkdir()
    environment = clean_environment() | this.environment
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, str(folder), str(queries), view],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def kill(this, process):
    process.send_signal(signal.SIGKILL)
    process.wait()
    # the server notices a lost client at its next look
    wait_for(
        this, "select count(*) = 0 from pg_stat_activity where application_name like 'mediabase views/%' and datname = current_database()"
    )


def test_killed_during_a_refresh_the_old_view_answers_and_the_next_run_repairs(live, tmp_path):
    drop_an_interaction(live)
    before = view_hashes(live)
    with live.connect(autocommit=False) as blocker:
        # what a refresh of somebody else would hold: the run gets as far as its own refresh, and stands there
        blocker.execute("refresh materialized view concurrently drug_gene_summary")
        blocker.execute("savepoint held")
        with a_run_of_its_own(live, tmp_path, "drug_gene_summary") as process:
            wait_for(live, "select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock' and query like 'refresh%'")
            kill(live, process)
        blocker.rollback()
    assert view_hashes(live) == before
    assert set(due(live).reasons) == OF_DRUGS
    assert refresh(live).success
    assert due(live).reasons == {}
    assert view_hashes(live)["drug_gene_summary"] != before["drug_gene_summary"]


def test_killed_during_a_replacement_the_old_view_answers_and_the_next_run_repairs(live, tmp_path, monkeypatch):
    before = view_hashes(live)
    with other_query(tmp_path, monkeypatch, "pathway_gene_counts", "count(*) as gene_count", "count(p.gene_id) as gene_count"):
        with live.connect(autocommit=False) as reader:
            reader.execute("select count(*) from pathway_gene_counts")
            with a_run_of_its_own(live, tmp_path, "pathway_gene_counts", definition.QUERIES) as process:
                wait_for(
                    live, "select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock' and query like 'drop materialized%'"
                )
                kill(live, process)
            reader.rollback()
        assert view_hashes(live) == before
        assert copies.relations(live, "mediabase_successors") == set()
        assert due(live).reasons == {"pathway_gene_counts": "its query changed"}
        assert refresh(live, "pathway_gene_counts").success
        assert due(live).reasons == {}
    assert view_hashes(live) == before


# --------------------------------------------------------------------------------------------------------------------- in its turn


def test_a_refresh_does_not_begin_while_a_migration_runs(live):
    hold_migration_lock(live.settings, "a-migration")
    try:
        assert "is being worked on (mediabase migration a-migration, since " in due(live).skipped
        result = refresh(live, "gene_summary_view")
        assert not result.success
        assert "Another migration of this database is running (mediabase migration a-migration" in copies.told(result)
    finally:
        release_migration_lock("a-migration")


def test_a_migration_waits_for_a_refresh(live):
    hold_migration_lock(live.settings, "a-refresh", Purpose.REFRESH)
    got = threading.Event()

    def migrate():
        hold_migration_lock(live.settings, "a-migration")
        got.set()

    waiting = threading.Thread(target=migrate)
    waiting.start()
    try:
        assert not got.wait(0.5)
        release_migration_lock("a-refresh")
        assert got.wait(30)
    finally:
        waiting.join()
        release_migration_lock("a-migration")


def test_before_the_first_release_there_is_nothing_to_refresh(pipeline_home):
    with harness.project(pipeline_home, demo=None) as this:
        assert due(this).skipped == "Nothing was released yet, so that there are no views to refresh."
        result = refresh(this, "gene_summary_view")
        assert "is not there, so that gene_summary_view has nothing to show." in copies.told(result)


def test_checks_alone_look_at_the_live_views_and_write_nothing(live):
    before = {v.name: row_versions(live, v.name) for v in MATERIALIZED}
    result = live.migrate(job="audit")
    assert result.success
    looked_at = {e.asset_key.path[-1] for e in result.get_asset_check_evaluations() if e.asset_key.path[0] == "views"}
    assert looked_at == {v.name for v in VIEWS}
    assert {v.name: row_versions(live, v.name) for v in MATERIALIZED} == before
    with live.connect() as conn:
        conn.execute("drop materialized view drug_gene_summary")
        conn.execute("create materialized view drug_gene_summary as select * from (select 'x'::text as drug_name) as x")
    assert not live.migrate(job="audit").success


# ---------------------------------------------------------------------------------------------------------------------- by itself


def definitions(this):
    from mediabase_assets.definitions import defs

    with this.environed():
        return defs()


def the_one(found, name):
    return next(f for f in found if f.name == name)


@pytest.fixture
def noted(migrated, pipeline_home):
    """A migrated project of its own, whose Dagster notes are in files: a schedule opens them by itself."""
    with copies.copy_of(migrated, pipeline_home, on_disk=True) as this:
        this.migrate(job="refresh_views")
        yield this


def test_the_schedule_asks_for_what_is_due_and_says_why_not(noted):
    found = definitions(noted)
    schedule = the_one(found.schedules, "refresh_views_schedule")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 3 * * *", "UTC")

    def tick():
        with noted.environed(), dg.build_schedule_context(instance=noted.instance, resources=found.resources) as context:
            return schedule.evaluate_tick(context)

    def newest(view):
        return noted.instance.get_latest_materialization_event(dg.AssetKey(["views", view]))

    built = newest("gene_summary_view").asset_materialization
    assert tick().skip_message == "No table changed since the views were last refreshed."
    kept = newest("gene_summary_view").asset_materialization  # it was looked at, so that it is not overdue
    assert (kept.metadata["how"].value, kept.tags) == ("kept: no table beneath it changed", built.tags)
    assert {**kept.metadata, "how": built.metadata["how"]}.items() >= built.metadata.items()
    before = {view.name: newest(view.name).timestamp for view in MATERIALIZED}
    drop_an_interaction(noted)
    (request,) = tick().run_requests
    assert {key.path[-1] for key in request.asset_selection} == OF_DRUGS
    assert {view.name for view in MATERIALIZED if newest(view.name).timestamp == before[view.name]} == OF_DRUGS


def test_the_schedule_is_configured(pipeline_home):
    with harness.project(pipeline_home, demo=None, views={"refresh_schedule": "30 4 * * 1", "time_zone": "Europe/Berlin"}) as this:
        schedule = the_one(definitions(this).schedules, "refresh_views_schedule")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 4 * * 1", "Europe/Berlin")


def test_views_follow_their_tables_once_these_have_passed(fresh):
    assert fresh.migrate().success
    found = definitions(fresh)
    sensor = the_one(found.sensors, "refresh_views_after_tables")
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING

    def requested(cursor):
        with fresh.environed(), warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.BetaWarning)  # of Dagster's own tester
            result = dg.evaluate_automation_conditions(found, instance=fresh.instance, cursor=cursor)
        names = {v.name for v in MATERIALIZED if result.get_num_requested(dg.AssetKey(["views", v.name]))}
        return names, result.cursor

    names, cursor = requested(None)
    assert names == set()  # the migration brought them up to date
    assert fresh.migrate("normalized/drug_interactions").success
    names, cursor = requested(cursor)
    assert names == {v.name for v in MATERIALIZED if "drug_interactions" in v.parents}
    with fresh.connect() as conn:
        facts = "mediabase_next.pathway_facts"
        conn.execute(f"update {facts} set pathway_id = 'nonsense' where ctid = (select min(ctid) from {facts})")
    assert not fresh.migrate("normalized/gene_pathways").success
    names, cursor = requested(cursor)
    assert names == set()


def test_records_name_every_view_and_every_input(migrated):
    with migrated.connect() as conn:
        found = view_state.records(conn)
        assert set(found) == {v.name for v in VIEWS}
        for view in VIEWS:
            assert set(found[view.name].inputs) == set(view_state.stored_relations(view))
            assert found[view.name].definition == definition.definition_of(view)


def test_an_old_database_gets_the_records_that_it_lacks(live):
    """A migration of an earlier version made no records; the first refresh does."""
    with live.connect() as conn:
        for table in ("view_state", "view_refreshes", "audited_relations"):
            conn.execute(f"drop table mediabase_ops.{table}")
    assert refresh(live, "drug_gene_summary").success
    assert live.rows("select view, how, reason from mediabase_ops.view_refreshes") == [("drug_gene_summary", "replaced", "it is not ours")]
