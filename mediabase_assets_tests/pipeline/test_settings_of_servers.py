"""Roles, databases and environments with settings of their own: sessions of ours set what they need, or a sentence says what cannot be."""

import os
import subprocess
from contextlib import ExitStack, contextmanager

import dagster as dg
import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from mediabase_assets.legacy import prerequisites
from mediabase_assets.model.errors import PrerequisiteError, ServerError
from mediabase_assets.postgres import connect as database
from mediabase_assets.postgres import limits
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.content_hash import physical_fingerprint
from mediabase_assets.postgres.session_settings import SESSION_SETTINGS, SET_BY_PROGRAMS
from mediabase_assets.runs import storage_database
from mediabase_assets.runs.runner import prepare_dagster_home
from mediabase_assets.runs.storage import PLUGIN
from mediabase_assets_tests.pipeline import copies, harness
from mediabase_assets_tests.pipeline.roles import CREATE_IN_DATABASE, CREATE_IN_PUBLIC, OWN, READ, as_role

pytestmark = pytest.mark.pg

MAY = (CREATE_IN_DATABASE, CREATE_IN_PUBLIC, READ)
#: Settings under which values are written, read and compared in other ways.
VALUES = {
    "datestyle": "SQL, DMY",
    "intervalstyle": "iso_8601",
    "timezone": "Asia/Kathmandu",
    "extra_float_digits": "-3",
    "bytea_output": "escape",
    "xmlbinary": "hex",
    "xmloption": "document",
    "standard_conforming_strings": "off",
    "backslash_quote": "off",
    "quote_all_identifiers": "on",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "check_function_bodies": "off",
    "client_min_messages": "debug1",
    "client_encoding": "LATIN1",
    "search_path": "",
}
#: Settings under which statements, transactions and sessions end, wait or write otherwise.
TIMES = {
    "statement_timeout": "100ms",
    "lock_timeout": "1ms",
    "idle_in_transaction_session_timeout": "100ms",
    "idle_session_timeout": "100ms",
    "transaction_timeout": "100ms",
    "exit_on_error": "on",
    "default_transaction_read_only": "on",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "search_path": "odd",
}
#: Settings under which plans are others, and memory is little.
PLANS = {
    **{s.name: "off" for s in SESSION_SETTINGS if s.name.startswith("enable_")},
    "plan_cache_mode": "force_generic_plan",
    "cursor_tuple_fraction": "1",
    "join_collapse_limit": "1",
    "from_collapse_limit": "1",
    "gin_fuzzy_search_limit": "1",
    "jit": "on",
    "work_mem": "64kB",
    "temp_buffers": "100",
    "max_parallel_workers_per_gather": "0",
    "synchronous_commit": "off",
    "row_security": "on",
    "default_tablespace": "nowhere",
    "default_table_access_method": "other_heap",
}
#: Variables of libpq that break a session, or lead it elsewhere.
VARIABLES = {
    "PGOPTIONS": "-c no_such_setting=1",
    "PGDATESTYLE": "nonsense",
    "PGTZ": "Nowhere/At_all",
    "PGCLIENTENCODING": "LATIN1",
    "PGAPPNAME": "mediabase migration 1",
    "PGHOSTADDR": "192.0.2.1",
    "PGGEQO": "maybe",
    "PGSERVICE": "no_such_service",
}


@pytest.fixture(scope="module")
def template(pipeline_home):
    """A project with a legacy table that nobody migrated, to be copied."""
    with harness.project(pipeline_home, demo=1500) as this:
        yield this


@pytest.fixture(scope="module")
def plain(template, pipeline_home):
    """What a role without settings makes of it."""
    with copies.copy_of(template, pipeline_home) as this:
        result = this.migrate()
        assert result.success, copies.told(result)
        yield copies.hashes(this)


@pytest.fixture
def small(pipeline_home):
    """A project of its own whose legacy table has one row."""
    with harness.project(pipeline_home, demo=None) as this:
        with this.connect() as conn:
            conn.execute("create table cancer_transcript_base (transcript_id text primary key, gene_id text)")
            conn.execute("insert into cancer_transcript_base values ('ENST00000269305', 'ENSG00000141510')")
        yield this


def known(this, settings):
    """Those settings that the server knows."""
    with this.connect() as conn:
        names = {name for (name,) in conn.execute("select name from pg_settings where name = any(%s)", (list(settings),)).fetchall()}
    return {name: value for name, value in settings.items() if name in names}


@contextmanager
def with_settings(this, settings, *grants):
    """The project as an ordinary role whose sessions begin with these settings."""
    with as_role(this, *(grants or MAY)) as that:
        with this.connect() as conn:
            for name, value in known(this, settings).items():
                names = {"role": sql.Identifier(that.settings.database.user), "name": sql.Identifier(name), "value": sql.Literal(value)}
                # a list is given as a list: one literal would be one name
                text = "alter role {role} set {name} = pg_catalog, odd" if value == "odd" else "alter role {role} set {name} = {value}"
                conn.execute(sql.SQL(text).format(**names))
        yield that


def refused(this, check):
    """The sentence of a prerequisite, the only one that fails: for the migration and, looked at by itself, for the others."""
    with this.connect() as conn:
        failed = [f for f in prerequisites.look(conn, this.settings)[1] if not f.passed]
    assert [f.check for f in failed] == [check]
    result = this.migrate("legacy/cancer_transcript_base")
    assert set(harness.failed_checks(result)) == {f"legacy/cancer_transcript_base:{check}"}
    text = copies.told(result)
    assert failed[0].examined["problem"] in text
    assert failed[0].examined["next step"] in text
    return text


@pytest.mark.end_to_end
@pytest.mark.parametrize("settings", [VALUES, TIMES, PLANS], ids=["values", "times", "plans"])
def test_a_role_with_settings_of_its_own_migrates_to_the_same_content(template, pipeline_home, plain, settings):
    with copies.copy_of(template, pipeline_home) as fresh:
        with fresh.connect() as conn:
            conn.execute("create access method other_heap type table handler heap_tableam_handler")
        with with_settings(fresh, settings) as this:
            result = this.migrate()
            assert result.success, copies.told(result)
            assert harness.failed_checks(result) == {}
            assert copies.hashes(this) == plain


@pytest.mark.parametrize("settings", [VALUES, TIMES, PLANS], ids=["values", "times", "plans"])
def test_each_kind_of_session_has_the_settings_of_the_table(small, settings):
    with small.connect() as conn:
        conn.execute("create access method other_heap type table handler heap_tableam_handler")
    with with_settings(small, settings) as this:
        wanted = known(small, {s.name: s.value for s in SESSION_SETTINGS if not s.is_superusers} | {"client_encoding": "UTF8"})
        show = "select " + ", ".join(f"current_setting('{name}')" for name in wanted)
        with psycopg.connect(
            host=this.settings.database.host, user=this.settings.database.user, dbname=this.settings.database.name
        ) as conn:
            assert list(conn.execute(show).fetchone()) != list(wanted.values())
        with this.connect() as conn:
            assert dict(zip(wanted, conn.execute(show).fetchone(), strict=True)) == wanted
            environment = database.program_env(conn, this.settings, application_name="a dump")
        engine = sa.create_engine(sa.make_url(database.sqlalchemy_url(this.settings)).update_query_dict({"plugin": PLUGIN}))
        with engine.connect() as conn:
            assert dict(zip(wanted, conn.exec_driver_sql(show).one(), strict=True)) == wanted
            assert conn.exec_driver_sql("select current_schema()").scalar() == "public"
        engine.dispose()
        command = [database.client_tool("psql"), "-XAt", "-F", "|", "-c", show]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found = dict(zip(wanted, done.stdout.rstrip("\n").split("|"), strict=True))
        assert {name: found[name] for name in wanted if name not in SET_BY_PROGRAMS} == {
            name: value for name, value in wanted.items() if name not in SET_BY_PROGRAMS
        }


def test_a_session_without_settings_of_its_own_sends_no_options_which_poolers_refuse(small):
    with as_role(small, *MAY) as this, this.connect() as conn:
        environment = database.program_env(conn, this.settings, application_name="a dump")
    assert "PGOPTIONS" not in environment


@pytest.mark.parametrize("settings", [VALUES, TIMES], ids=["values", "times"])
def test_dagsters_storage_works_for_a_role_with_settings_of_its_own(small, settings, monkeypatch):
    with with_settings(small, settings) as this, this.environed():
        monkeypatch.setenv("DAGSTER_HOME", str(prepare_dagster_home(this.settings)))
        with dg.DagsterInstance.get() as instance:
            instance.report_runless_asset_event(dg.AssetMaterialization("one", metadata={"name": "Žluťoučký 🧬"}))
            (found,) = instance.fetch_materializations(dg.AssetKey("one"), limit=1).records
            assert found.asset_materialization.metadata["name"].value == "Žluťoučký 🧬"
            assert instance.get_runs() == []
        assert this.rows("select count(*) from mediabase_dagster.event_logs where asset_key = '[\"one\"]'") == [(1,)]


def test_variables_of_libpq_break_nothing_and_lead_nowhere(small, monkeypatch):
    with as_role(small, *MAY) as this:
        for name, value in VARIABLES.items():
            monkeypatch.setenv(name, value)
        with this.connect() as conn:
            assert conn.info.user == this.settings.database.user
            assert conn.execute("select current_setting('application_name'), current_setting('DateStyle')").fetchone() == (
                "mediabase", "ISO, MDY",
            )  # fmt: skip
            environment = database.program_env(conn, this.settings, application_name="a dump")
        assert environment["PGAPPNAME"] == "a dump"
        assert environment["PGCLIENTENCODING"] == "UTF8"
        assert not {"PGHOSTADDR", "PGTZ", "PGDATESTYLE", "PGGEQO", "PGSERVICE"} & environment.keys()
        assert "no_such_setting" not in environment.get("PGOPTIONS", "")
        assert not VARIABLES.keys() & os.environ.keys()
        engine = sa.create_engine(database.sqlalchemy_url(this.settings))
        with engine.connect() as conn:
            assert conn.exec_driver_sql("select current_user").scalar() == this.settings.database.user
        engine.dispose()


def test_variables_about_passwords_and_tls_stay(small, monkeypatch):
    with as_role(small, *MAY) as this:
        monkeypatch.setenv("PGPASSFILE", "/nonexistent/pgpass")
        monkeypatch.setenv("PGSSLMODE", "prefer")
        with this.connect() as conn:
            environment = database.program_env(conn, this.settings, application_name="a dump")
    assert (environment["PGPASSFILE"], environment["PGSSLMODE"]) == ("/nonexistent/pgpass", "prefer")


@pytest.mark.parametrize("whose", ["role", "database"])
def test_too_few_sessions(small, whose):
    needed = limits.sessions_needed()
    with as_role(small, *MAY) as this:
        name = this.settings.database.user if whose == "role" else this.settings.database.name
        limit = sql.SQL("alter {} {} connection limit {}")

        def limited(most):
            with connect(small.settings, autocommit=True, dbname="postgres") as conn:
                conn.execute(limit.format(sql.SQL(whose), sql.Identifier(name), sql.Literal(most)))

        others = int(whose == "database")  # the session of whoever made the role
        limited(3)
        text = refused(this, "sessions_are_enough")
        assert f"the {whose} {name} may have 3 at a time" in text
        assert f"alter {whose} {name} connection limit {needed + others};" in text
        with pytest.raises(ServerError, match="too few sessions") as caught:
            storage_database.dagster_url(this.settings)
        assert f"alter {whose} {name} connection limit" in caught.value.next_step
        limited(needed + others)
        with this.connect() as conn:
            assert not limits.too_few_sessions(conn, needed).what
            assert limits.too_few_sessions(conn, needed, counts_ours=True).what


def test_a_server_whose_sessions_are_nearly_used_up(small):
    with as_role(small, *MAY) as this, ExitStack() as stack, this.connect() as conn:
        address = {"host": conn.info.host, "port": conn.info.port, "user": "postgres", "dbname": small.settings.database.name}
        free = int(conn.execute(
            "select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
            " - (select count(*) from pg_stat_activity where usename is not null)"
        ).fetchone()[0])  # fmt: skip
        for _ in range(free - 4):
            stack.enter_context(psycopg.connect(**address))
        denial = limits.too_few_sessions(conn, limits.sessions_needed())
        assert denial.what.startswith("There are too few sessions: the server may have")
        assert "alter system set max_connections =" in denial.next_step
        with pytest.raises(ServerError, match="too few sessions: the server"):
            storage_database.dagster_url(this.settings)


FORBID = """create function forbid() returns event_trigger language plpgsql as $$
begin
  if current_user <> 'postgres' and tg_tag = {tag} then raise exception 'no % here', lower(tg_tag) using errcode = 'P0999'; end if;
end $$"""


@pytest.mark.parametrize("tag", ["CREATE SCHEMA", "CREATE TABLE", "CREATE MATERIALIZED VIEW", "ALTER MATERIALIZED VIEW", "DROP SCHEMA"])
def test_an_event_trigger_that_forbids_ddl(small, tag):
    with as_role(small, *MAY) as this:
        with small.connect() as conn:
            conn.execute(sql.SQL(FORBID).format(tag=sql.Literal(tag)))
            conn.execute("create event trigger house_rule on ddl_command_start execute function forbid()")
        text = refused(this, "ddl_is_allowed")
        assert f"no {tag.lower()} here (event trigger house_rule)" in text
        assert "alter event trigger house_rule disable" in text
        if tag == "CREATE SCHEMA":
            with pytest.raises(ServerError, match="event trigger house_rule"):
                storage_database.dagster_url(this.settings)
        with small.connect() as conn:
            conn.execute("alter event trigger house_rule disable")
        with this.connect() as conn:
            assert not limits.forbidden_ddl(conn, "public").what


def test_an_event_trigger_that_lets_pass_is_no_obstacle_and_nothing_is_left_of_the_trial(small):
    with as_role(small, *MAY) as this:
        with small.connect() as conn:
            conn.execute(sql.SQL(FORBID).format(tag=sql.Literal("DROP VIEW")))
            conn.execute("create event trigger house_rule on ddl_command_start execute function forbid()")
        with this.connect() as conn:
            assert [f.check for f in prerequisites.look(conn, this.settings)[1] if not f.passed] == []
        assert small.rows("select nspname from pg_namespace where nspname like 'mediabase%%'") == []
        assert copies.relations(small, "public") == {"cancer_transcript_base"}


HIDE = "alter table cancer_transcript_base enable row level security"


@pytest.mark.parametrize(
    "statements",
    [
        [HIDE],
        [HIDE, "create policy part on cancer_transcript_base for select using (transcript_id < 'ENST0000027')"],
        [HIDE, "create policy whole on cancer_transcript_base for select using (true)"],
    ],
    ids=["no policy", "some rows", "all rows, as it seems"],
)
def test_row_level_security_hides_rows(small, statements):
    with as_role(small, *MAY) as this:
        with small.connect() as conn:
            for statement in statements:
                conn.execute(statement)
        text = refused(this, "no_rows_are_hidden")
        assert f"alter role {this.settings.database.user} bypassrls" in text
        with this.connect() as conn:
            with pytest.raises(PrerequisiteError, match="may not read every row"):
                physical_fingerprint(conn, "public", "cancer_transcript_base")
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
                conn.execute("select count(*) from cancer_transcript_base")


def test_row_level_security_that_does_not_apply_is_no_obstacle(small):
    with as_role(small, CREATE_IN_DATABASE, CREATE_IN_PUBLIC, OWN) as this:
        with small.connect() as conn:
            conn.execute(HIDE)
        with this.connect() as conn:
            assert [f.check for f in prerequisites.look(conn, this.settings)[1] if not f.passed] == []
        with small.connect() as conn:
            conn.execute("alter table cancer_transcript_base force row level security")
        refused(this, "no_rows_are_hidden")
        with small.connect() as conn:
            conn.execute(sql.SQL("alter role {} bypassrls").format(sql.Identifier(this.settings.database.user)))
        with this.connect() as conn:
            assert [f.check for f in prerequisites.look(conn, this.settings)[1] if not f.passed] == []


def test_foreign_keys_that_are_not_checked(small):
    with with_settings(small, {"session_replication_role": "replica"}) as this:
        text = refused(this, "foreign_keys_are_checked")
        assert f"alter role {this.settings.database.user} reset session_replication_role" in text
    with small.connect() as conn:
        conn.execute(sql.SQL("alter database {} set session_replication_role = replica").format(sql.Identifier(conn.info.dbname)))
    with small.connect() as conn:  # who may set it, does
        assert conn.execute("show session_replication_role").fetchone() == ("origin",)


def test_a_tablespace_that_is_closed_to_the_role(small):
    with with_settings(small, {"default_tablespace": "pg_global"}) as this:
        text = refused(this, "tablespace_is_open")
        assert f"grant create on tablespace pg_global to {this.settings.database.user};" in text
