"""Roles with the least privileges, tried over the whole catalogue of a migrated database, statement by statement."""

import json
import subprocess
import uuid
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from mediabase_assets.audit.checks import check_keys, check_model
from mediabase_assets.cli.app import app
from mediabase_assets.model.errors import PrerequisiteError
from mediabase_assets.model.tables import RELATIONS, TABLES
from mediabase_assets.model.views import FUNCTIONS, VIEWS
from mediabase_assets.model.workspace import workspace_for
from mediabase_assets.patients.storing.deploy import deploy
from mediabase_assets.postgres.connect import client_tool, libpq_env
from mediabase_assets.roles import grants
from mediabase_assets.roles.objects import Kind
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.pipeline import copies, harness

pytestmark = pytest.mark.pg

RELEASED = {*(r.name for r in RELATIONS), *(t.name for t in TABLES), *(v.name for v in VIEWS), "schema_version"}
LEGACY = ("public", "cancer_transcript_base")
#: What a reader of patients may read of their data: views that show the rows of granted patients, and tables with such policies.
_RELATIONS = """
    select n.nspname::text, c.relname::text, c.relkind::text from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'S') and n.nspname !~ '^(pg_|information_schema$)' order by 1, 2"""
_SCHEMAS = "select nspname::text from pg_namespace where nspname !~ '^(pg_|information_schema$)' order by 1"
_PROTECTED = """
    select c.relname::text from pg_class as c where c.relnamespace = 'mediabase_patients'::regnamespace
      and (c.relrowsecurity or c.relkind = 'v' and 'security_invoker=true' = any(coalesce(c.reloptions, '{}')))"""


@pytest.fixture(scope="module")
def project(migrated, pipeline_home):
    """A copy of the migrated database, with the schema of patients' data, and a relation of somebody else."""
    with copies.copy_of(migrated, pipeline_home) as this:
        with this.connect() as conn:
            deploy(conn, this.settings)
            conn.execute("create table theirs (a int); create schema elsewhere; create table elsewhere.secret (a int)")
        yield this


@contextmanager
def role(this, attributes="login"):
    name = f'r "{uuid.uuid4().hex[:12]}'
    with this.connect() as conn:
        conn.execute(sql.SQL("create role {} {}").format(sql.Identifier(name), sql.SQL(attributes)))
    try:
        yield name
    finally:
        with this.connect() as conn:
            for kind in Kind:
                conn.execute("delete from mediabase_ops.role_grants where role_name = %s and kind = %s", (name, kind.value))
            conn.execute(sql.SQL("drop owned by {0} cascade; drop role {0}").format(sql.Identifier(name)))


@contextmanager
def as_member(this, name):
    """A session with the rights of a role, in which nothing is kept."""
    with this.connect() as conn:
        conn.execute("set row_security = on")  # as in the session of a person
        conn.execute(sql.SQL("set session authorization {}").format(sql.Identifier(name)))
        yield conn


def may(conn, statement, *names):
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(sql.SQL(statement).format(*names))
    except psycopg.errors.InsufficientPrivilege:
        return False
    except (psycopg.errors.WrongObjectType, psycopg.errors.FeatureNotSupported, psycopg.errors.ObjectNotInPrerequisiteState):
        return None  # no such statement for this kind of relation
    return True


def readable(this, kind):
    """What a kind of role may read, from what the README promises."""
    every = {(schema, name) for schema, name, kind_ in this.rows(_RELATIONS) if kind_ != "S"}
    expected = {(schema, name) for schema, name in every if schema == "public" and name in RELEASED}
    if kind is Kind.CURATOR:
        expected |= {LEGACY} | {(schema, name) for schema, name in every if schema == "mediabase_ops"}
    if kind is Kind.PATIENT_READER:
        protected = {name for (name,) in this.rows(_PROTECTED)} | {"gene_ids", "transcript_ids"}
        expected |= {("mediabase_patients", name) for name in protected}
    return expected


@pytest.mark.parametrize("kind", [Kind.ANALYST, Kind.CURATOR, Kind.PATIENT_READER])
def test_a_reader_may_read_what_it_should_and_nothing_else_and_writes_nothing(project, kind):
    with role(project) as name:
        with project.connect() as conn:
            assert grants.apply(conn, project.settings, name, kind).is_right
        may_read, may_write = set(), []
        relations = project.rows(_RELATIONS)
        with as_member(project, name) as conn:
            for schema, relation, relkind in relations:
                full = sql.Identifier(schema, relation)
                if may(conn, "select from {} limit 1", full) and relkind != "S":
                    may_read.add((schema, relation))
                writes = ("delete from {} where false", "truncate {}", "select nextval({}::text)")
                named = sql.Literal(full.as_string(conn)) if relkind == "S" else full
                may_write += [(relation, s) for s in (writes[2:] if relkind == "S" else writes[:2]) if may(conn, s, named)]
            may_create = [s for (s,) in project.rows(_SCHEMAS) if may(conn, "create table {} (a int)", sql.Identifier(s, "mine"))]
            assert not may(conn, "create schema mine")
            assert not may(conn, "insert into public.genes (gene_id, gene_symbol) values ('x', 'x')")
            assert not may(conn, "update public.genes set gene_symbol = gene_symbol")
            assert not may(conn, "alter table public.genes add column mine int")
        assert may_read == readable(project, kind)
        assert may_write == []
        assert may_create == []


def test_functions_are_executed_by_those_who_read_what_is_released(project):
    with role(project) as name:
        with project.connect() as conn:
            grants.apply(conn, project.settings, name, Kind.ANALYST)
        listed = project.rows(
            "select has_function_privilege(%s, p.oid, 'execute') from pg_proc as p where pronamespace = 'public'::regnamespace"
            " and proname = any(%s)", name, [*FUNCTIONS],
        )  # fmt: skip
        assert listed
        assert all(has for (has,) in listed)


def test_a_curator_audits_what_is_live(project):
    with role(project) as name:
        with project.connect() as conn:
            grants.apply(conn, project.settings, name, Kind.CURATOR)
        with as_member(project, name) as conn:
            conn.execute("set search_path = public")
            for table in TABLES[:3]:
                assert check_keys(conn, table).passed
                assert check_model(conn, table).passed
            assert conn.execute("select count(*) from mediabase_ops.quarantine").fetchone()[0] > 0


def test_a_reader_of_patients_sees_no_patient_that_it_was_not_given(project):
    with role(project) as name:
        with project.connect() as conn:
            grants.apply(conn, project.settings, name, Kind.PATIENT_READER)
        with as_member(project, name) as conn:
            assert conn.execute("select count(*) from mediabase_patients.patients").fetchone() == (0,)
            assert not may(conn, "insert into mediabase_patients.patient_access (patient_key, role_name) values (1, 'me')")


def test_a_migrator_is_told_what_it_lacks(project):
    with role(project) as name, project.connect() as conn:
        lacking = {str(r) for r in grants.compare(conn, project.settings, name, Kind.MIGRATOR).missing}
        assert {"create on schema public", "select on table public.cancer_transcript_base"} <= lacking
        assert grants.apply(conn, project.settings, name, Kind.MIGRATOR).is_right
        assert (name, Kind.MIGRATOR) not in grants.recorded(conn)


def test_what_is_missing_and_what_is_too_much_is_found(project):
    with role(project) as name, role(project, "nologin") as group, project.connect() as conn:
        compare = lambda: grants.compare(conn, project.settings, name, Kind.ANALYST)  # noqa: E731
        grants.apply(conn, project.settings, name, Kind.ANALYST)
        assert grants.apply(conn, project.settings, name, Kind.ANALYST).is_right  # once more changes nothing
        names = {"role": sql.Identifier(name), "group": sql.Identifier(group)}
        conn.execute(sql.SQL("revoke select on genes from {role}; grant update on genes to {role}").format(**names))
        conn.execute(sql.SQL("grant select on mediabase_ops.quarantine to {group}; grant {group} to {role}").format(**names))
        conn.execute("grant insert on transcripts to public")
        try:
            found = compare()
            assert [str(r) for r in found.missing] == ["select on table public.genes"]
            assert {str(r) for r in found.excess} == {
                "update on table public.genes", "select on table mediabase_ops.quarantine", "insert on table public.transcripts",
            }  # fmt: skip
            assert [r.revoke for r in found.excess if r.is_everybodys] == ["revoke insert on table public.transcripts from public;"]
        finally:
            conn.execute("revoke insert on transcripts from public")
        conn.execute(sql.SQL("alter role {role} createdb bypassrls").format(**names))
        assert compare().attributes == ("bypassrls", "createdb")


def test_a_role_that_does_not_exist_is_told(project):
    with project.connect() as conn, pytest.raises(PrerequisiteError, match="There is no role 'nobody here'") as refused:
        grants.apply(conn, project.settings, "nobody here", Kind.ANALYST)
    assert 'create role "nobody here" login;' in refused.value.next_step


def test_taken_grants_are_gone_but_for_those_of_another_kind(project):
    with role(project) as name:
        with project.connect() as conn:
            for kind in (Kind.ANALYST, Kind.CURATOR):
                grants.apply(conn, project.settings, name, kind)
            grants.take(conn, project.settings, name, Kind.CURATOR)
            assert grants.compare(conn, project.settings, name, Kind.ANALYST).is_right
            grants.take(conn, project.settings, name, Kind.ANALYST)
            assert [r for r in grants.recorded(conn) if r[0] == name] == []
        with as_member(project, name) as conn:
            assert not may(conn, "select from public.genes limit 1")


def test_the_printed_script_is_run_by_psql_and_makes_the_roles(project):
    name = f"made' \"by$$ {uuid.uuid4().hex[:8]}"
    with project.connect() as conn:
        text = "\n".join(grants.script(conn, project.settings, [(name, Kind.ANALYST), (name, Kind.MIGRATOR)]))
        command = [str(client_tool("psql")), "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1"]
        for _ in range(2):
            done = subprocess.run(command, env=libpq_env(project.settings), input=text, text=True, capture_output=True, check=False)
            assert (done.returncode, done.stderr) == (0, "")
        try:
            assert grants.compare(conn, project.settings, name, Kind.MIGRATOR).missing == ()
            assert grants.compare(conn, project.settings, name, Kind.ANALYST).missing == ()
            assert (name, Kind.ANALYST) in grants.recorded(conn)
        finally:
            conn.execute("delete from mediabase_ops.role_grants where role_name = %s", (name,))
            conn.execute(sql.SQL("drop owned by {0} cascade; drop role {0}").format(sql.Identifier(name)))


def test_another_live_schema(migrated, pipeline_home):
    with copies.copy_of(migrated, pipeline_home) as this, role(this) as name, this.connect() as conn:
        workspace = workspace_for("Trial 2")
        conn.execute(sql.SQL("alter schema public rename to {}; create schema public").format(sql.Identifier("Trial 2")))
        for old, new in (("mediabase_ops", workspace.operations), ("mediabase_next", workspace.build)):
            conn.execute(sql.SQL("alter schema {} rename to {}").format(sql.Identifier(old), sql.Identifier(new)))
        conn.workspace = workspace
        settings = load_settings(
            home=this.settings.home, database={"name": this.settings.database.name, "schema_name": "Trial 2"}, backup_dir="/nowhere"
        )
        assert grants.apply(conn, settings, name, Kind.CURATOR).is_right
        assert grants.recorded(conn) == [(name, Kind.CURATOR)]
        with as_member(this, name) as other:
            assert may(other, "select from {} limit 1", sql.Identifier("Trial 2", "genes"))
            assert may(other, "select from {} limit 1", sql.Identifier(workspace.operations, "quarantine"))
            assert not may(other, "select from {} limit 1", sql.Identifier(workspace.build, "legacy_snapshot"))
        for old, new in ((workspace.operations, "mediabase_ops"), ("public", "empty"), ("Trial 2", "public")):
            conn.execute(sql.SQL("alter schema {} rename to {}").format(sql.Identifier(old), sql.Identifier(new)))


@pytest.mark.end_to_end
def test_a_release_gives_recorded_roles_what_is_new_and_nothing_to_others(migrated, pipeline_home):
    with copies.copy_of(migrated, pipeline_home) as this, role(this) as analyst, role(this) as other:
        copies.recognize_tables(this)
        with this.connect() as conn:
            grants.apply(conn, this.settings, analyst, Kind.ANALYST)
            conn.execute(sql.SQL("grant select on genes to {}").format(sql.Identifier(other)))
            conn.execute("drop table transcript_products cascade; drop materialized view gene_summary_view")
            lacking = grants.compare(conn, this.settings, analyst, Kind.ANALYST)
            assert lacking.is_right  # what is not there is not missing
        result = this.rerun()
        assert result.success, harness.failed_steps(result)
        with this.connect() as conn:
            assert grants.compare(conn, this.settings, analyst, Kind.ANALYST).is_right
        with as_member(this, analyst) as conn:
            assert may(conn, "select from transcript_products limit 1")
            assert may(conn, "select from gene_summary_view limit 1")
        with as_member(this, other) as conn:
            assert may(conn, "select from genes limit 1")
            assert not may(conn, "select from transcript_products limit 1")


def test_a_role_that_was_dropped_does_not_stop_a_release(project):
    with project.connect() as conn:
        conn.execute("insert into mediabase_ops.role_grants (role_name, kind) values ('gone', 'analyst')")
        try:
            assert grants.keep_up(conn, project.settings) == []
        finally:
            conn.execute("delete from mediabase_ops.role_grants where role_name = 'gone'")


def test_what_may_not_be_given_is_told_and_stops_nothing(project):
    with role(project) as analyst, role(project) as stranger, project.connect() as conn:
        conn.execute("insert into mediabase_ops.role_grants (role_name, kind) values (%s, 'analyst')", (analyst,))
        names = sql.Identifier(stranger)
        conn.execute(sql.SQL("grant usage on schema mediabase_ops to {0}; grant select on mediabase_ops.role_grants to {0}").format(names))
        conn.execute(sql.SQL("set session authorization {}").format(names))
        problems = grants.keep_up(conn, project.settings)
        assert problems
        assert all("permission denied" in problem for problem in problems)


@pytest.fixture
def command(project, monkeypatch):
    for name, value in project.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("MEDIABASE_CONFIG", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")
    return lambda *arguments: CliRunner().invoke(app, ["db", "grants", *arguments])


def test_the_command_prints_applies_compares_and_revokes(project, command):
    printed = command()
    assert printed.exit_code == 0
    assert "mediabase_patient_reader" in printed.stdout
    with role(project) as name:
        missing = command("--check", "--analyst", name)
        assert missing.exit_code == 1
        assert "lacks:" in missing.stdout
        assert "grant select on table" in missing.stdout
        assert command("--apply", "--analyst", name).exit_code == 0
        told = json.loads(command("--check", "--json").stdout)
        assert told == [{"role": name, "kind": "analyst", "exists": True, "missing": [], "excess": [], "attributes": []}]
        assert "may do all that it needs" in command("--check").stdout
        with project.connect() as conn:
            conn.execute(sql.SQL("grant delete on genes to {}").format(sql.Identifier(name)))
        too_much = command("--check")
        assert too_much.exit_code == 1
        assert "revoke delete on table public.genes from" in too_much.stdout
        assert "is no analyst any more" in command("--revoke", "--analyst", name).stdout
    assert command("--check").exit_code == 2
    assert "exclude each other" in command("--check", "--apply").stderr
