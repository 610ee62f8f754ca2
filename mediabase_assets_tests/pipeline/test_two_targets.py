"""Two live schemas in one database: each as if alone, in turn and at once, with rollback; and nothing of one is taken for the other's."""

import json
import re
from dataclasses import replace

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mediabase_assets.backup import list_backups
from mediabase_assets.backup.choice import find_reusable_backup
from mediabase_assets.legacy import prerequisites
from mediabase_assets.model.errors import ConfigurationError, RollbackError
from mediabase_assets.model.workspace import PLAN, SELF_TEST, Workspace, is_reserved, workspace_for
from mediabase_assets.planning import registry
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.target import target_of_migration, targets
from mediabase_assets.rehearsal.dry_run import dry_run
from mediabase_assets.report.status import read_status
from mediabase_assets.rollback import candidates, preview, roll_back
from mediabase_assets.runs.storage_database import dagster_url
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.pipeline import two_targets
from mediabase_assets_tests.pipeline.roles import CREATE_IN_DATABASE, READ, as_role
from mediabase_assets_tests.pipeline.rollbacks import copied, everything
from mediabase_assets_tests.pipeline.two_targets import Pair, State, live, migrate, target, undo_newest

ODD = 'Ünï "odd"\\ schema'
#: What both targets begin with, and what one test goes on with: every operation from a state in which it makes a difference.
BEGIN = ("migrate a", "migrate b")
WALK = ("change", "migrate b", "roll back a", "migrate a", "roll back b", "roll back b")


@pytest.fixture(scope="module")
def one(pipeline_home):
    """A small legacy table, and what its two versions become alone."""
    with two_targets.small(pipeline_home) as (this, alone):
        yield this, alone


@pytest.fixture(scope="module")
def both(one, pipeline_home):
    """Both targets migrated; tests work on copies of it."""
    this, alone = one
    with copied(this, pipeline_home) as copy:
        walker = Pair(copy, alone, State())
        for operation in BEGIN:
            walker.do(operation)
        yield copy


@pytest.fixture
def pair(both, one, pipeline_home):
    """A copy of the database with both targets that a test may change."""
    with copied(both, pipeline_home) as copy:
        yield Pair(copy, one[1], State(a=(0,), b=(0,)))


def newest(this):
    with this.connect() as conn:
        return candidates(conn, this.settings)[0].migration_id


@given(st.text(min_size=1).filter(lambda t: len(t.encode()) <= 63 and "\0" not in t))
@example("plan")
@example("selftest")
@example("a" * 63)
@example("next")
@example("é" * 31)
def test_every_schema_has_a_workspace_of_plain_short_names(schema):
    space = workspace_for(schema)
    for name in (*space.schemas, space.dagster):
        assert re.fullmatch(r"mediabase_[a-z0-9_]+_[a-z]+", name), name
        assert len(name) <= 63
        assert is_reserved(name)
    assert not {*space.schemas} & {*Workspace(PLAN).schemas, *Workspace(SELF_TEST).schemas, *Workspace().schemas}
    assert not space.is_throwaway
    assert re.fullmatch(r"[A-Za-z0-9][\w.-]{0,99}", f"20260101_000000{space.suffix}")


@given(st.lists(st.text(alphabet="abAB_ 1é", min_size=1, max_size=12), min_size=2, max_size=2, unique=True))
@example(["a b", "a_b"])
@example(["A", "a"])
@example(["a" * 40 + "b", "a" * 40 + "c"])
def test_two_schemas_have_two_workspaces(schemas):
    assert workspace_for(schemas[0]) != workspace_for(schemas[1])


@pytest.mark.parametrize("schema", ["mediabase_trial_ops", "mediabase_ops", "mediabase_trial_dagster", "mediabase_round_trip_12"])
def test_schemas_that_the_project_keeps_are_no_targets(schema):
    with pytest.raises(ConfigurationError, match="keeps for itself"):
        load_settings(database={"schema": schema})
    assert load_settings(database={"schema": "mediabase_trial"}).database.schema_name == "mediabase_trial"


@pytest.mark.pg
@pytest.mark.end_to_end
@pytest.mark.timeout(1800)
def test_in_turn_each_is_as_alone(pair):
    for operation in WALK:
        pair.do(operation)
    assert pair.state == State(legacy=0, a=(0,), b=(), again=frozenset({"b"}))  # a was migrated again after the legacy table was back


@pytest.mark.pg
@pytest.mark.end_to_end
@pytest.mark.timeout(1800)
def test_at_once_each_is_as_alone(one, pipeline_home):
    this, alone = one
    with copied(this, pipeline_home) as copy:
        for expected in (0, 1):
            said = two_targets.both_at_once(copy)
            assert ["none without an account" in text for text in said] == [True, True]
            assert [live(target(copy, schema)) for schema in ("public", "trial")] == [alone[expected]] * 2
            two_targets.change(copy)
        with copy.connect() as conn:
            spaces = {t.live_schema: t.workspace.name for t in targets(conn)}
        assert spaces == {"public": "mediabase", "trial": "mediabase_trial"}


@pytest.mark.pg
def test_a_rollback_of_the_other_target_is_refused(pair):
    a, b = pair.targets["a"], pair.targets["b"]
    before = everything(pair.this), two_targets.untouched(a), two_targets.untouched(b)
    for mine, other, schemas in ((a, b, ("trial", "public")), (b, a, ("public", "trial"))):
        for attempt in (preview, roll_back):
            with pytest.raises(RollbackError) as caught:
                attempt(mine.settings, newest(other))
            assert caught.value.what == f"The migration {newest(other)} released into the schema {schemas[0]}, not into {schemas[1]}."
            assert f"the configuration whose database.schema is {schemas[0]}" in caught.value.next_step
    assert (everything(pair.this), two_targets.untouched(a), two_targets.untouched(b)) == before


@pytest.mark.pg
def test_a_rollback_with_another_legacy_table_is_refused(pair):
    with pair.this.connect() as conn:
        conn.execute("create schema elsewhere; create table elsewhere.old as select * from cancer_transcript_base")
    moved = target(pair.this, "trial", legacy_schema="elsewhere", legacy_table="old")
    before = everything(pair.this)
    with pytest.raises(RollbackError) as caught:
        roll_back(moved.settings, newest(moved))
    assert caught.value.what.endswith("took public.cancer_transcript_base apart, and the configuration names elsewhere.old.")
    assert "database.legacy_schema to public and database.legacy_table to cancer_transcript_base" in caught.value.next_step
    assert everything(pair.this) == before


@pytest.mark.pg
def test_a_backup_is_that_of_its_target(one, pipeline_home):
    """Before anything is live, the same relations are there for both."""
    with copied(one[0], pipeline_home) as copy:
        first, second = copy, target(copy, "trial")
        assert first.migrate("legacy/cancer_transcript_base", "backup/legacy_backup", run_config=two_targets.QUIET).success
        with connect(first.settings) as conn:
            assert find_reusable_backup(conn, first.settings) is not None
        with connect(second.settings) as conn:
            assert find_reusable_backup(conn, second.settings) is None
        assert second.migrate("legacy/cancer_transcript_base", "backup/legacy_backup", run_config=two_targets.QUIET).success
        assert {m.migration_id.endswith("_trial"): m.live_schema for m in list_backups(copy.settings.backup_dir)} == {
            False: "public",
            True: "trial",
        }


@pytest.mark.pg
def test_status_tells_of_the_configured_target(pair):
    for name, other in (("a", "b"), ("b", "a")):
        this = pair.targets[name]
        found = read_status(this.settings)
        assert found.target == this.settings.database.schema_name
        assert found.others == (pair.targets[other].settings.database.schema_name,)
        assert [r.migration_id for r in found.runs] == [newest(this)] == [r.release_id for r in found.releases]
        assert [c.migration_id for c in found.rollbacks] == [newest(this)]
        assert [b.migration_id for b in found.backups] == [newest(this)]
        assert {t.name.partition(".")[0] for t in found.tables} == {found.target}


@pytest.mark.pg
def test_dagster_notes_each_target_apart(pair):
    urls = {name: dagster_url(this.settings) for name, this in pair.targets.items()}
    assert "mediabase_trial_dagster" not in urls["a"]
    assert "mediabase_trial_dagster" in urls["b"]
    with as_role(pair.this, CREATE_IN_DATABASE) as ordinary:  # may create no database, so both are schemas of this one
        found = [dagster_url(s) for s in (ordinary.settings, elsewhere(ordinary.settings, "trial"))]
        assert ["mediabase_dagster" in found[0], "mediabase_trial_dagster" in found[1]] == [True, True]


def elsewhere(settings, schema):
    """The same settings with another live schema."""
    return settings.model_copy(update={"database": settings.database.model_copy(update={"schema_name": schema, "legacy_schema": "public"})})


@pytest.mark.pg
def test_releases_and_rollbacks_name_their_target(pair):
    b = pair.targets["b"]
    name = pair.this.settings.database.name
    original = b.rows("select live_schema, legacy_relation from mediabase_trial_ops.releases")
    assert original == [("trial", "public.cancer_transcript_base")]
    pair.do("roll back b")
    told = b.rows("select distinct live_schema, legacy_relation, database_name from mediabase_trial_ops.rollbacks")
    assert told == [("trial", "public.cancer_transcript_base", name)]
    assert pair.this.value("select count(*) from pg_namespace where nspname in ('trial', 'mediabase_trial_next')") == 0
    assert pair.this.value("select live_schema from mediabase_ops.target") == "public"
    with pair.this.connect() as conn, pytest.raises(psycopg.errors.CheckViolation):
        conn.execute("insert into mediabase_ops.target (is_only, live_schema) values (false, 'trial')")


def as_before_targets(this, schema="trial"):
    """What the code before made of a database whose only target is another schema: its records in mediabase_ops, nothing noted."""
    space = workspace_for(schema)
    with this.connect() as conn:
        for old, new in ((space.operations, "mediabase_ops"), (space.build, "mediabase_next")):
            conn.execute(f"drop schema if exists {new} cascade; alter schema {old} rename to {new}")
        conn.execute(
            "drop table mediabase_ops.target; comment on schema mediabase_ops is 'of an earlier version';"
            "alter table mediabase_ops.releases drop column live_schema, drop column legacy_relation, drop column database_name;"
            "alter table mediabase_ops.rollbacks drop column live_schema, drop column legacy_relation, drop column database_name"
        )


@pytest.mark.pg
@pytest.mark.end_to_end
@pytest.mark.timeout(1800)
def test_a_database_of_the_code_before_goes_on(one, pipeline_home):
    """A custom schema keeps mediabase_ops, has nothing to build again, can be rolled back; a new target gets its own."""
    this, alone = one
    with copied(this, pipeline_home) as copy:
        old = target(copy, "trial")
        assert migrate(old)
        as_before_targets(old)
        with old.connect() as conn:
            conn.execute("create schema copies")
            for name in live(old):  # what people copied is no target
                conn.execute(f"create table copies.{name} as table trial.{name}")
            assert conn.workspace == Workspace()
        with copy.connect() as conn:
            assert conn.workspace == workspace_for("public")
        assert [key for key in old.work() if key not in registry.AFTERWARDS] == []
        assert "mediabase_trial_dagster" not in dagster_url(old.settings)
        assert migrate(copy)
        with copy.connect() as conn:
            assert [(t.live_schema, t.workspace.name) for t in targets(conn)] == [("trial", "mediabase"), ("public", "mediabase_public")]
        assert live(copy) == live(old) == alone[0]
        two_targets.change(copy)
        assert migrate(old)
        assert copy.value("select live_schema from mediabase_ops.target") == "trial"
        assert live(old) == alone[1]
        for _ in range(2):
            undo_newest(old)
        assert (live(old), live(copy)) == ({}, alone[0])
        with old.connect() as conn:
            assert conn.workspace == Workspace()


@pytest.mark.pg
def test_records_that_two_targets_shared(pair):
    """Before, the second target's releases were among the first's: the manifest tells whose each is."""
    a, b = pair.targets["a"], pair.targets["b"]
    theirs = newest(b)
    with pair.this.connect() as conn:
        for table in ("migration_runs", "releases"):
            conn.execute(f"insert into mediabase_ops.{table} select * from mediabase_trial_ops.{table}")
        conn.execute("update mediabase_ops.releases set live_schema = null; drop schema mediabase_trial_ops cascade")
    mine = newest_of(a, "public")
    before = everything(pair.this)
    with a.connect() as conn:
        found = {c.migration_id: (c.why_not, c.later) for c in candidates(conn, a.settings)}
    assert found == {mine: ("", ()), theirs: ("it released into the schema trial", ())}
    for flags in ({}, {"with_later": True}):
        with pytest.raises(RollbackError, match=f"{theirs} released into the schema trial, not into public"):
            roll_back(a.settings, theirs, **flags)
    assert everything(pair.this) == before
    roll_back(a.settings, mine)
    assert (live(a), live(b)) == ({}, pair.alone[0])


def newest_of(this, schema):
    with this.connect() as conn:
        return next(c.migration_id for c in candidates(conn, this.settings) if c.live_schema == schema)


@pytest.mark.pg
@pytest.mark.parametrize(("schema", "table"), [("public", "transcripts"), ("trial", "genes"), ("trial", "gene_summary_view")])
def test_a_relation_of_the_project_is_no_legacy_table(pair, schema, table):
    this = target(pair.this, "third", legacy_schema=schema, legacy_table=table)
    with this.connect() as conn:
        found = {f.check: f for f in prerequisites.look(conn, this.settings)[1]}
    assert not found["legacy_table_is_not_ours"].passed
    assert f"{schema}.{table} is a relation that a release makes" in found["legacy_table_is_not_ours"].examined["problem"]
    with pair.this.connect() as conn:
        assert {f.check: f.passed for f in prerequisites.look(conn, pair.this.settings)[1]}["legacy_table_is_not_ours"]


@pytest.mark.pg
@pytest.mark.end_to_end
def test_a_schema_with_an_odd_name(one, pipeline_home):
    this, alone = one
    with copied(this, pipeline_home) as copy:
        odd = target(copy, ODD)
        assert migrate(odd)
        assert live(odd) == alone[0]
        records = workspace_for(ODD).operations
        assert copy.value(f"select live_schema from {records}.target") == ODD
        assert read_status(odd.settings).records == records
        undo_newest(odd)
        assert live(odd) == {}
        assert copy.value("select count(*) from pg_namespace where nspname = %s", ODD) == 0


@pytest.mark.pg
def test_a_role_that_may_not_look_at_the_others_records(pair):
    """It works in a workspace of its own, and sees nothing of theirs."""
    with as_role(pair.this, CREATE_IN_DATABASE, READ) as ordinary:
        mine = replace(ordinary, settings=elsewhere(ordinary.settings, "mine"))
        with mine.connect() as conn:
            assert conn.workspace == workspace_for("mine")
            assert targets(conn) == ()
            assert target_of_migration(conn, newest(pair.targets["a"]), conn.workspace) is None
        with ordinary.connect() as conn:
            assert conn.workspace == Workspace()


def test_a_manifest_of_an_earlier_version_tells_no_target(tmp_path):
    """It is not taken for one of this target's where the manifest cannot tell; a rollback of its own migration may use it."""
    from mediabase_assets.backup.manifest import BackupManifest, is_of_target

    values = {
        "migration_id": "m", "created_at": "2026-01-01T00:00:00Z", "seconds": 1, "host": "h", "database": "d", "server_version": "18",
        "pg_dump_version": "18", "legacy": ["public", "t"], "files": [], "relations": [],
    }  # fmt: skip
    old = BackupManifest.model_validate_json(json.dumps(values))
    new = old.model_copy(update={"live_schema": "trial"})
    assert [is_of_target(m, "d", "public") for m in (old, new)] == [True, False]
    assert not is_of_target(old, "other", "public")


@pytest.mark.pg
@pytest.mark.end_to_end
def test_a_dry_run_beside_a_migration_of_the_other_target(pair):
    from mediabase_assets.definitions import defs

    a, b = pair.targets["a"], pair.targets["b"]
    two_targets.change(pair.this)
    plan = dry_run(b.settings, defs(), on_event=lambda event: None, load=lambda conn, settings: migrate(a))
    assert plan.proof.changed == ()
    assert plan.passed
    assert (live(a), live(b)) == (pair.alone[1], pair.alone[0])
