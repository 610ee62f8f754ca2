"""`mediabase db`: the embedded server's life, and psql."""

import pytest

pytestmark = pytest.mark.pg


@pytest.fixture(scope="module")
def started(project):
    assert project.run("db", "start").code == 0
    return project


def test_it_starts_tells_how_to_connect_and_stops(started):
    done = started.run("db", "start")
    assert done.code == 0
    assert "running, process" in done.out
    assert " -h " in done.out
    assert started.run("db", "stop").out.strip() == "Stopped."
    done = started.run("db", "status")
    assert (done.code, "stopped" in done.out) == (1, True)
    assert started.run("db", "stop").out.strip() == "It was not running."


def test_psql_starts_the_server_and_sees_the_live_schema_first(started):
    started.run("db", "stop")
    done = started.run("db", "psql", "-Atc", "show search_path", MB_POSTGRES_SCHEMA='my "odd\\ schema')
    assert done.code == 0, done.err
    assert done.out.strip() == '"my ""odd\\ schema", "public"'


def test_the_exit_code_of_psql_is_ours(started):
    done = started.run("db", "psql", "-v", "ON_ERROR_STOP=1", "-c", "select no_such_column")
    assert done.code == 1
    assert "no_such_column" in done.err


def test_another_database_is_created_in_the_embedded_server(started):
    done = started.run("db", "psql", "-Atc", "select current_database()", MB_POSTGRES_DB="other")
    assert done.out.strip() == "other"


def test_status_works_on_an_empty_database(started):
    done = started.run("status", MB_POSTGRES_DB="empty")
    assert done.code == 0, done.err
    assert "Nothing was released yet" in done.out
    assert "not there" in done.out


def test_a_migration_without_a_legacy_table_is_refused(started):
    done = started.run("migrate", "--skip-confirmation", MB_POSTGRES_DB="empty")
    assert done.code == 1
    assert "There is no legacy table" in done.err
    assert "--demo" in done.err


def test_a_file_that_is_none_is_refused_before_anything_is_written(started, tmp_path):
    file = tmp_path / "notes.parquet"
    file.write_text("no parquet at all")
    done = started.run("migrate", "--skip-confirmation", "--legacy-from", str(file), MB_POSTGRES_DB="empty")
    assert done.code == 1
    assert str(file) in done.err
    done = started.run("db", "psql", "-Atc", "select count(*) from pg_class where relname ~ 'cancer'", MB_POSTGRES_DB="empty")
    assert done.out.strip() == "0"


@pytest.mark.parametrize("option", [["--demo"], ["--legacy-from", "whatever.parquet"]])
def test_a_legacy_table_of_others_is_never_overwritten(started, option):
    table = "create table if not exists cancer_transcript_base (transcript_id text primary key, gene_symbol text)"
    started.run("db", "psql", "-c", table, MB_POSTGRES_DB="taken")
    done = started.run("migrate", "--skip-confirmation", *option, MB_POSTGRES_DB="taken")
    assert done.code == 1
    assert "exists already" in done.err
