"""The proof that a backup can be restored: passing, failing, not possible; what it leaves: nothing."""

import json

import dagster as dg
import pytest

from mediabase_assets.backup import RelationName, create_backup, list_backups, read_manifest, verify_backup
from mediabase_assets.backup.restore_proof import FINDINGS, NOT_PROVED, prove_restore
from mediabase_assets.backup.scope import scope_of
from mediabase_assets.model.workspace import Workspace
from mediabase_assets.postgres.connect import connect
from mediabase_assets_tests.pipeline import harness

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]
CHECK = "newest_backup_can_be_restored"
#: As large as the records of a migration, with everything that hangs on tables and views.
SETUP = """
    create table cancer_transcript_base (transcript_id text primary key, gene_id text not null, drugs jsonb);
    insert into cancer_transcript_base select 'T' || i, 'G' || i, '{"a": 1}' from generate_series(1, 50) as i;
    create index on cancer_transcript_base using gin (drugs); comment on table cancer_transcript_base is 'old';
    create table genes (gene_id text primary key, gene_symbol text unique check (gene_symbol <> ''), created_at timestamptz default now());
    insert into genes select 'G' || i, 'S' || i from generate_series(1, 50) as i;
    comment on column genes.gene_id is 'the id'; grant select on genes to pg_monitor;
    create table transcripts (transcript_id text primary key, gene_id text references genes on delete cascade);
    create materialized view gene_summary_view as select gene_id, gene_symbol from genes where gene_id::varchar(20) in ('G1', 'G2', 'x');
    create unique index on gene_summary_view (gene_id);
    create view public.of_people as select * from genes;
    create schema mediabase_ops; create table mediabase_ops.releases (release_id text);
"""


@pytest.fixture
def this(pipeline_home):
    with harness.project(pipeline_home, demo=None) as project:
        with project.connect() as conn:
            conn.execute("set search_path = public;" + SETUP)
        verify_backup(create_backup(project.settings, scope_of(project.settings, Workspace()), migration_id="m"))
        yield project


def databases(this):
    return this.rows("select datname from pg_database where datname like 'mediabase_proof_%%' or datname like 'mediabase_proof_%'")


def edited(this, **changes):
    """The manifest as somebody else could have written it: `genes` with other values."""
    (manifest,) = list_backups(this.settings.backup_dir)
    file = manifest.folder / "manifest.json"
    text = json.loads(file.read_text())
    genes = next(r for r in text["relations"] if r["name"] == "genes")
    for name, value in changes.items():
        (genes["catalogue"] if name in genes["catalogue"] else genes)[name] = value
    file.write_text(json.dumps(text))
    return read_manifest(manifest.folder)


def test_a_backup_that_can_be_restored(this):
    (manifest,) = list_backups(this.settings.backup_dir)
    findings = prove_restore(this.settings, manifest)
    assert [(f.check, f.passed, f.sample) for f in findings] == [(name, True, ()) for name in FINDINGS]
    examined = {f.check: f.examined["examined"] for f in findings}
    assert examined["every_table_holds_what_was_backed_up"] == 4
    assert (examined["indexes_are_restored"], examined["constraints_are_restored"], examined["privileges_are_restored"]) == (6, 6, 1)
    assert databases(this) == []


@pytest.mark.parametrize(
    ("changes", "failing"),
    [
        ({"content_hash": "0" * 32}, "every_table_holds_what_was_backed_up"),
        ({"indexes": ["CREATE INDEX more ON public.genes USING btree (gene_symbol)"]}, "indexes_are_restored"),
        ({"constraints": []}, "constraints_are_restored"),
        ({"comments": ["gene_id: another"]}, "comments_are_restored"),
        ({"privileges": ["pg_monitor: DELETE"]}, "privileges_are_restored"),
        ({"name": "gone"}, "every_relation_is_restored"),
    ],
)
def test_a_backup_that_does_not_hold_what_it_says(this, changes, failing):
    findings = prove_restore(this.settings, edited(this, **changes))
    assert [f.check for f in findings if not f.passed] == [failing]
    (wrong,) = [f for f in findings if not f.passed]
    assert wrong.failures
    assert "public.g" in wrong.sample[0]["relation"]
    assert databases(this) == []


def test_the_job_and_its_check(this):
    result = this.migrate(job="prove_backup")
    (told,) = result.get_asset_check_evaluations()
    assert (told.check_name, told.passed, told.description) == (CHECK, True, "Everything was restored as it was backed up.")
    edited(this, content_hash="0" * 32)
    (told,) = this.migrate(job="prove_backup").get_asset_check_evaluations()
    assert not told.passed
    assert told.metadata["sample"].records[0].data["relation"] == "public.genes"


def test_a_role_that_may_not_create_databases_is_told_so(this):
    with this.connect() as conn:
        conn.execute(f"create role no_createdb login; grant all on database {this.settings.database.name} to no_createdb")
    try:
        settings = this.settings.model_copy(update={"database": this.settings.database.model_copy(update={"user": "no_createdb"})})
        if settings.database.is_embedded:
            with connect(this.settings, autocommit=True) as conn:
                host, port = conn.info.host, conn.info.port
            settings = settings.model_copy(update={"database": settings.database.model_copy(update={"host": host, "port": port})})
        (finding,) = prove_restore(settings, list_backups(this.settings.backup_dir)[0])
        assert (finding.check, finding.passed) == (NOT_PROVED, False)
        assert finding.examined["to_grant"] == 'alter role "no_createdb" createdb'
    finally:
        with this.connect() as conn:
            conn.execute("drop owned by no_createdb; drop role no_createdb")


def test_what_a_killed_proof_left_goes(this):
    with this.connect() as conn:
        conn.execute("create database mediabase_proof_999999999_1")
        assert databases(this)
    prove_restore(this.settings, list_backups(this.settings.backup_dir)[0])
    assert databases(this) == []


def test_no_migration_runs_it(this):
    from mediabase_assets.definitions import defs

    with this.environed():
        nodes = defs().resolve_job_def("migrate").graph.node_dict
    assert not [name for name in nodes if CHECK in name]
    assert RelationName("public", "genes") in scope_of(this.settings, Workspace()).relations


def test_materialize_all_shows_the_outcome_of_the_last_proof(pipeline_home):
    def proof(result):
        return [e for e in result.get_asset_check_evaluations() if e.check_name == CHECK]

    with harness.project(pipeline_home, demo=1500) as project:
        assert proof(project.migrate(job="__ASSET_JOB")) == []  # never proved: skipped
        backup = dg.AssetKey(["backup", "legacy_backup"])
        written = project.instance.get_latest_materialization_event(backup)
        (proved,) = proof(project.migrate(job="prove_backup"))
        assert (proved.passed, "proved at" in proved.metadata) == (True, False)
        seen = project.instance.get_latest_materialization_event(backup)  # the proof looked at it, so that it is not overdue
        assert seen.timestamp > written.timestamp
        assert seen.asset_materialization.metadata["how"].value == "kept: it was restored, and everything came back as it was"
        assert seen.asset_materialization.metadata["backup"] == written.asset_materialization.metadata["backup"]
        for _ in range(2):
            (shown,) = proof(project.migrate(job="__ASSET_JOB", tags={}))
            assert shown.passed
            assert shown.metadata["findings"] == proved.metadata["findings"]
            assert shown.description.startswith(f"{proved.description} This is the outcome of the proof of 20")
            assert shown.description.count("proof of") == 1
