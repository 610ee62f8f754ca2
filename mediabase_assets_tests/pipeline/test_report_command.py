"""`mediabase report`: the page, the numbers on standard output, another file, a browser, and what is wrong in one sentence."""

import json
import subprocess
import sys

import pytest
from psycopg import sql

from mediabase_assets.postgres.connect import connect
from mediabase_assets.report.page.files import PAGE, TWIN, folder_of
from mediabase_assets_tests.fixtures.environment import clean_environment

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]


@pytest.fixture(scope="module")
def command(migrated):
    def run(*arguments, **environment):
        done = subprocess.run(
            [sys.executable, "-m", "mediabase_assets.cli", "report", *arguments], capture_output=True, text=True, timeout=240,
            env=clean_environment() | migrated.environment | {"COLUMNS": "200"} | environment, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert "Traceback" not in done.stdout + done.stderr
        return done

    yield run
    with connect(migrated.settings, autocommit=True, dbname="postgres") as conn:  # Dagster's storage of this database
        name = f"{migrated.settings.database.name}_dagster"
        conn.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def test_the_page_is_written_and_opened_and_the_sentence_is_printed(migrated, command, tmp_path):
    migration_id = migrated.value("select max(migration_id) from mediabase_ops.migration_runs")
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}\n')
    browser.chmod(0o755)
    done = command("--open", BROWSER=f"{browser} %s")
    folder = folder_of(migrated.settings, migration_id)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].startswith("1,500 legacy rows of ")
    assert f"Page     {folder / PAGE} (" in done.stdout
    assert f"Numbers  {folder / TWIN}\n" in done.stdout
    assert f"MultiQC  {folder}/*_mqc.json\n" in done.stdout
    assert seen.read_text().strip() == (folder / PAGE).as_uri()


def test_the_numbers_are_one_document_and_another_file_may_be_named(migrated, command, tmp_path):
    migration_id = migrated.value("select max(migration_id) from mediabase_ops.migration_runs")
    page = tmp_path / "handout.html"
    done = command(migration_id, "--json", "--output", str(page))
    document = json.loads(done.stdout)
    assert document["migration"]["migration_id"] == migration_id
    assert page.read_text().startswith("<!doctype html>")
    assert json.loads((tmp_path / "handout.json").read_text()) == document
    assert sorted(p.name for p in tmp_path.iterdir()) == ["handout.html", "handout.json"]


def test_what_cannot_be_reported_is_an_error_with_a_next_step(command, tmp_path):
    done = command("19990101_000000")
    assert done.returncode == 2
    assert "There is no migration 19990101_000000 to report." in done.stdout + done.stderr
    assert "`mediabase status` lists the migrations." in done.stdout + done.stderr
    done = command(MEDIABASE_HOME=str(tmp_path / "nothing"))
    assert done.returncode == 2
    assert "Nothing was migrated yet, so there is nothing to report." in done.stdout + done.stderr
