"""What must be true before a migration may start: each passing, and each failing with what to do, before anything is written."""

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from mediabase_assets.legacy import prerequisites
from mediabase_assets.model.errors import MigrationLockedError
from mediabase_assets.model.tables import RELATIONS, TABLES
from mediabase_assets.model.views import VIEWS
from mediabase_assets.postgres.connect import connect
from mediabase_assets.records import lock
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.pipeline import copies, harness

pytestmark = pytest.mark.pg

LEGACY = "create table cancer_transcript_base (transcript_id text primary key, gene_id text, gene_symbol text)"
ROW = "insert into cancer_transcript_base values ('ENST00000269305', 'ENSG00000141510', 'TP53')"


@pytest.fixture
def empty(pipeline_home):
    """A project of its own whose database holds nothing."""
    with harness.project(pipeline_home, demo=None) as this:
        this.rows("select 1")
        yield this


def execute(this, *statements):
    with this.connect() as conn:
        for statement in statements:
            conn.execute(statement)


def findings(this):
    with this.connect() as conn:
        return {f.check: f for f in prerequisites.look(conn, this.settings)[1]}


def refused(this, check):
    """Run the whole migration, see it refused for this reason alone and before anything is written; returns what it says."""
    result = this.migrate()
    assert harness.failed_steps(result) == ["legacy__cancer_transcript_base"]
    assert harness.executed(result) == set()
    assert set(harness.failed_checks(result)) == {f"legacy/cancer_transcript_base:{check}"}
    metadata = harness.failed_checks(result)[f"legacy/cancer_transcript_base:{check}"]
    assert nothing_written(this)
    text = copies.told(result)
    assert metadata["problem"].value in text
    assert metadata["next step"].value in text
    assert "  next:  " in text
    return text


def nothing_written(this):
    schemas = {name for (name,) in this.rows("select nspname from pg_namespace where nspname like 'mediabase%%'")}
    return schemas == set() and not this.settings.backup_dir.exists()


def test_all_pass_on_the_demonstration(fresh):
    found = findings(fresh)
    assert set(found) == set(prerequisites.PREREQUISITES)
    assert [f.check for f in found.values() if not f.passed] == []
    assert nothing_written(fresh)
    result = fresh.migrate("legacy/cancer_transcript_base")
    assert result.success
    assert {c.check_name for c in result.get_asset_check_evaluations() if c.passed} == set(prerequisites.PREREQUISITES)
    assert nothing_written(fresh)


def test_no_legacy_table(empty):
    text = refused(empty, "legacy_table_is_there")
    assert "There is no table public.cancer_transcript_base." in text
    assert "--legacy-from FILE" in text
    assert "--demo" in text


def test_an_empty_legacy_table(empty):
    execute(empty, LEGACY)
    text = refused(empty, "legacy_table_has_rows")
    assert "public.cancer_transcript_base is empty" in text
    assert "--legacy-from FILE" in text


@pytest.mark.parametrize("kind", ["view", "materialized view"])
def test_a_view_instead_of_a_table(empty, kind):
    execute(empty, LEGACY, ROW, "alter table cancer_transcript_base rename to real_one")
    execute(empty, f"create {kind} cancer_transcript_base as select * from real_one")
    text = refused(empty, "legacy_table_is_there")
    assert f"public.cancer_transcript_base is a {kind}, not an ordinary table." in text
    assert "database.legacy_table" in text


@pytest.mark.parametrize(
    ("columns", "missing"),
    [
        ("transcript_id text", "no column gene_id or gene_symbol"),
        ("transcript_id text, drugs jsonb", "no column gene_id or gene_symbol"),
        ("gene_id text, gene_symbol text", "no column transcript_id"),
        ("id integer", "no column transcript_id; no column gene_id or gene_symbol"),
        ("transcript_id text, gene_id text, drugs text[]", "drugs is text[], expected jsonb"),
        ("transcript_id text, gene_id integer", "gene_id is integer, expected text"),
        ("transcript_id json, gene_id text", "transcript_id is json, expected text"),
    ],
)
def test_columns_that_do_not_do(empty, columns, missing):
    execute(empty, f"create table cancer_transcript_base ({columns})")
    named = "(transcript_id) values ('7')" if columns.startswith("transcript_id") else "default values"
    execute(empty, f"insert into cancer_transcript_base {named}")
    assert missing in refused(empty, "required_columns_are_there")


@pytest.mark.parametrize("columns", ["gene_symbol text", "gene_id text", "gene_id varchar(40), gene_symbol varchar(40)"])
def test_columns_that_do(empty, columns):
    execute(empty, f"create table cancer_transcript_base (transcript_id text, {columns})")
    execute(empty, "insert into cancer_transcript_base values ('ENST00000269305')")
    found = findings(empty)
    assert [f.check for f in found.values() if not f.passed] == []
    assert "drugs" in found["required_columns_are_there"].examined["absent_columns_count_as_empty"]


@pytest.mark.parametrize(
    ("rows", "shown"),
    [("('ENST1'), ('ENST2'), ('ENST1'), ('ENST1')", "ENST1 (3 rows)."), ("('ENST1'), (null)", "NULL (1 row).")],
    ids=["shared", "NULL"],
)
def test_transcript_ids_that_are_shared_or_absent(empty, rows, shown):
    execute(empty, "create table cancer_transcript_base (transcript_id text, gene_id text)")
    execute(empty, f"insert into cancer_transcript_base (transcript_id) values {rows}")
    text = refused(empty, "transcript_ids_are_unique")
    assert f"Rows share a transcript_id or have none: {shown}" in text
    assert "copy of the table" in text


def test_encoding_other_than_utf8(empty):
    name = sql.Identifier(empty.settings.database.name)
    with connect(empty.settings, autocommit=True, dbname="postgres") as conn:
        conn.execute(sql.SQL("drop database {}").format(name))
        conn.execute(sql.SQL("create database {} encoding 'SQL_ASCII' locale 'C' template template0").format(name))
    execute(empty, LEGACY, ROW)
    text = refused(empty, "encoding_is_utf8")
    assert "SQL_ASCII" in text
    assert "UTF8" in text


@pytest.mark.parametrize("name", ["genes", "transcript_go_terms"])
@pytest.mark.parametrize("kind", ["table", "view"])
def test_a_relation_of_somebody_else_is_in_the_way(empty, name, kind):
    execute(empty, LEGACY, ROW)
    execute(empty, f"create table {name} (mine integer)" if kind == "table" else f"create view {name} as select 1 as mine")
    text = refused(empty, "target_names_are_free")
    assert f"Other relations than ours have these names in public: {name}." in text
    assert f"alter table public.{name} rename to {name}_old" in text
    assert "MB_POSTGRES_SCHEMA" in text
    execute(empty, f"alter table public.{name} rename to {name}_old")
    assert findings(empty)["target_names_are_free"].passed


def test_relations_of_ours_are_not_in_the_way(migrated):
    found = findings(migrated)
    assert [f.check for f in found.values() if not f.passed] == []
    assert found["target_names_are_free"].examined["found"] == len(RELATIONS) + sum(t.is_view for t in TABLES) + len(VIEWS)


@contextmanager
def another_migration(this):
    """Another process that holds the migration lock of the project's database."""
    code = (
        "import sys; from mediabase_assets.records import lock; from mediabase_assets.settings.load import load_settings;"
        "lock.hold_migration_lock(load_settings(), 'the-other-run'); print('held', flush=True); sys.stdin.read()"
    )
    with this.environed():
        process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            assert process.stdout.readline() == "held\n"
            yield
        finally:
            process.kill()


def test_another_migration_runs(empty):
    execute(empty, LEGACY, ROW)
    with another_migration(empty):
        text = refused(empty, "no_other_migration_runs")
        assert "Another migration of this database is running (mediabase migration the-other-run, since " in text
        assert "mediabase status" in text
        with pytest.raises(MigrationLockedError, match="the-other-run"):
            lock.hold_migration_lock(empty.settings, "mine")
    for _ in range(100):  # the server notices the end of a killed process a moment later
        if findings(empty)["no_other_migration_runs"].passed:
            break
    lock.hold_migration_lock(empty.settings, "mine")
    lock.release_migration_lock("mine")


def test_a_migration_of_another_schema_is_no_other_migration(empty):
    execute(empty, LEGACY, ROW)
    elsewhere = empty.settings.model_copy(
        update={"database": empty.settings.database.model_copy(update={"schema_name": "elsewhere", "legacy_schema": "public"})}
    )
    lock.hold_migration_lock(elsewhere, "one")
    try:
        assert findings(empty)["no_other_migration_runs"].passed
    finally:
        lock.release_migration_lock("one")


def test_a_step_that_writes_is_refused_while_another_migration_runs(empty):
    execute(empty, LEGACY, ROW)
    with another_migration(empty):
        result = empty.migrate("schema/normalized_schema")
    assert harness.failed_steps(result) == ["schema__normalized_schema"]
    assert "Another migration of this database is running" in copies.told(result)
    assert nothing_written(empty)


def test_a_server_too_old(fresh, monkeypatch):
    # there is one server here; the border moves instead
    monkeypatch.setattr(prerequisites, "OLDEST_SERVER", 990000)
    text = refused(fresh, "server_is_recent_enough")
    assert "Upgrade the server" in text


def test_a_disk_too_small(fresh, monkeypatch):
    monkeypatch.setattr(prerequisites, "DISK_FACTOR", 10**9)
    text = refused(fresh, "disk_has_room")
    assert "are free" in text
    assert "Free space" in text


def test_a_place_where_no_backup_can_be_kept(fresh, tmp_path, monkeypatch):
    file = tmp_path / "a file"
    file.write_text("in the way")
    text = refused(replace(fresh, settings=load_settings(
        home=fresh.settings.home, database={"name": fresh.settings.database.name}, backup_dir=file / "backups"
    ), environment=fresh.environment | {"MB_MIGRATION_BACKUP_DIR": str(file / "backups")}), "backups_can_be_kept")  # fmt: skip
    assert f"No backup can be kept in {file / 'backups'}. {file} is no folder." in text


def test_a_bucket_that_is_not_there(fresh, bucket_server, monkeypatch):
    location = bucket_server.location("x", "absent")
    for name, value in bucket_server.variables(bucket_server.writer).items():
        monkeypatch.setenv(name, value)
    environment = {k: v for k, v in fresh.environment.items() if k != "MB_MIGRATION_BACKUP_DIR"}
    this = replace(fresh, environment=environment | {"MEDIABASE_BACKUP_LOCATION": location})
    text = refused(this, "backups_can_be_kept")
    assert "There is no such bucket (NO_SUCH_BUCKET)." in text
    assert "correct backup.location" in text
    assert bucket_server.writer[1] not in text


# --------------------------------------------------------------------------------------------- no way to the server


def elsewhere(this, **database):
    """The project with another server or database."""
    named = {"host": "MB_POSTGRES_HOST", "port": "MB_POSTGRES_PORT", "user": "MB_POSTGRES_USER", "name": "MB_POSTGRES_DB"}
    environment = this.environment | {named[key]: str(value) for key, value in database.items()}
    settings = load_settings(home=this.settings.home, database=database, backup_dir=this.settings.backup_dir)
    return replace(this, settings=settings, environment=environment)


def unreachable(this):
    result = this.migrate()
    assert harness.failed_steps(result) == ["legacy__cancer_transcript_base"]
    assert not this.settings.backup_dir.exists()
    failure = next(e.step_failure_data for e in result.all_events if e.is_step_failure)
    assert failure.user_failure_data is not None, failure.error.to_string()
    assert set(failure.user_failure_data.metadata) == {"what", "where", "next step"}
    return failure.user_failure_data.description


def address(this):
    with this.connect() as conn:
        return {"host": conn.info.host, "port": conn.info.port, "user": conn.info.user}


def test_no_server(empty, tmp_path):
    config = tmp_path / "settings.yaml"
    config.write_text("max_retry_attempts: 0\n")  # it would be waited for, for two minutes
    this = elsewhere(empty, host=str(tmp_path), port=5432, user="postgres", name="postgres")
    text = unreachable(replace(this, environment=this.environment | {"MEDIABASE_CONFIG": str(config)}))
    assert "No server listens at this socket." in text
    assert "MB_POSTGRES_HOST" in text


def test_no_database(empty):
    text = unreachable(elsewhere(empty, **address(empty), name="no_such_database"))
    assert "There is no such database." in text
    assert "createdb" in text


def test_no_role(empty):
    text = unreachable(elsewhere(empty, **address(empty) | {"user": "no_such_role"}, name=empty.settings.database.name))
    assert "There is no such role." in text
    assert nothing_written(empty)


# ------------------------------------------------------------------------------------------ absent and extra columns


@pytest.mark.end_to_end
def test_a_table_of_three_columns_is_migrated(empty):
    execute(
        empty, LEGACY, ROW,
        "insert into cancer_transcript_base values ('ENST00000275493', 'ENSG00000146648', 'EGFR'),"
        " ('ENST00000420316', 'ENSG00000146648', 'EGFR')",
    )  # fmt: skip
    result = empty.migrate()
    assert result.success, copies.told(result)
    assert empty.rows("select gene_id, gene_symbol, source_transcript_count from genes order by 1") == [
        ("ENSG00000141510", "TP53", 1),
        ("ENSG00000146648", "EGFR", 2),
    ]
    assert empty.value("select count(*) from transcripts") == 3
    filled = {r.name for r in RELATIONS if empty.value(f"select count(*) from {r.name}")}
    assert filled == {"genes", "transcripts"}
    account = dict(empty.rows("select legacy_column, facts_read from mediabase_ops.column_account where facts_read > 0"))
    assert account == {"transcript_id": 3, "gene_id": 3, "gene_symbol": 3}
    found = [e for e in result.get_asset_materialization_events() if e.step_key == "legacy__cancer_transcript_base"]
    absent = found[0].materialization.metadata["absent columns count as empty"].value
    assert {"drugs", "go_terms", "pathways", "coordinates"} <= set(absent.split(", "))


@pytest.mark.end_to_end
def test_an_unknown_column_is_archived(empty):
    execute(empty, LEGACY, ROW, "alter table cancer_transcript_base add my_notes text, add drug_scores jsonb")
    execute(empty, """update cancer_transcript_base set my_notes = 'seen in 2019', drug_scores = '{"a": 1}'""")
    result = empty.migrate()
    assert result.success, copies.told(result)
    rows = empty.rows(
        "select legacy_column, fate, facts_read, archived, kept, explanation from mediabase_ops.column_account"
        " where fate = 'archived' order by 1"
    )
    assert [row[:5] for row in rows] == [("drug_scores", "archived", 1, 1, 0), ("my_notes", "archived", 1, 1, 0)]
    assert "no schema version" in rows[1][5]
    with pytest.raises(psycopg.errors.UndefinedColumn):
        empty.rows("select my_notes from genes")
