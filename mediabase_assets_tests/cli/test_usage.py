"""Help, usage, configuration: what needs no server."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

HEAVY = ("dagster", "pandas", "pandera", "pyarrow")


def test_help_names_the_commands_and_the_exit_codes(project):
    done = project.run("--help")
    assert done.code == 0
    for word in ("migrate", "status", "ui", "db", "130 interrupted"):
        assert word in done.out


@pytest.mark.parametrize("command", [(), ("migrate",), ("db", "status"), ("patients", "import")])
def test_the_short_option_for_help(project, command):
    done = project.run(*command, "-h")
    assert (done.code, "Usage: " in done.out) == (0, True)


@pytest.mark.parametrize(("words", "expected"), [("mediabase mig", "migrate"), ("mediabase migrate --symbol-con", "--symbol-conflicts")])
def test_shells_complete_commands_and_options(project, words, expected):
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1), "_MEDIABASE_COMPLETE": "complete_bash"}
    script = Path(sys.executable).with_name("mediabase")
    done = subprocess.run([script], env=project.environment | asked, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [expected]
    assert "--install-completion" in project.run("--help").out


def test_the_program_is_imported_without_dagster_and_pandas():
    code = f"import sys, mediabase_assets.cli.app; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_status_of_nothing_is_a_document_too(project):
    done = project.run("status", "--json")
    assert (done.code, json.loads(done.out)) == (0, {"format": 1, "server": None})


def test_version(project):
    done = project.run("--version")
    assert done.code == 0
    assert done.out.startswith("mediabase ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["migrate", "--bogus"], "No such option"),
        (["migrate", "--symbol-conflicts", "guess"], "keep_best"),
        (["migrate", "--demo", "--legacy-from", "x.parquet"], "exclude each other"),
        (["migrate", "--demo-transcripts", "5"], "needs --demo"),
        (["migrate"], "Cannot ask for confirmation: standard input is not a terminal."),
        (["migrate", "--config-file", "nowhere.yaml"], "cannot be read"),
        (["ui", "--port", "99999"], "--port"),
    ],
)
def test_wrong_usage_is_told_and_ends_with_2(project, arguments, words):
    done = project.run(*arguments)
    assert done.code == 2
    assert words in done.err
    assert not (project.home / "postgres").exists()


def test_a_wrong_configuration_file_is_told_with_its_key(project, tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("symbol_conflict: qualify\n")
    done = project.run("status", "--config-file", str(file))
    assert done.code == 2
    assert "symbol_conflict" in done.err
    assert "symbol_conflicts" in done.err  # what was meant


def test_a_configuration_file_may_waive_the_question(project, tmp_path):
    file = tmp_path / "config.json"
    file.write_text('{"require_user_confirmation": false, "database": {"host": "/nowhere/at/all"}}')
    done = project.run("migrate", "--config-file", str(file))
    assert done.code == 1
    assert "No server listens" in done.err


def test_without_anything_status_says_what_to_do_and_starts_nothing(project):
    began = time.monotonic()
    done = project.run("status")
    assert done.code == 0
    assert "mediabase migrate --demo" in done.out
    assert not project.home.exists()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("command", ["start", "stop"])
def test_a_server_of_others_is_neither_started_nor_stopped(project, command):
    done = project.run("db", command, MB_POSTGRES_HOST="db.example.org")
    assert done.code == 2
    assert "`mediabase db` starts and stops only the embedded server." in done.err
    assert "db.example.org" in done.err


def test_an_unreachable_server_is_an_error_without_the_password(project):
    environment = {"MB_POSTGRES_HOST": "127.0.0.1", "MB_POSTGRES_PORT": "1", "MB_POSTGRES_PASSWORD": "hush-hush"}
    for command in (["status"], ["db", "status"], ["db", "psql"], ["migrate", "--skip-confirmation"]):
        done = project.run(*command, **environment)
        assert done.code == 1
        assert "No server listens there" in done.err
        assert "hush-hush" not in done.out + done.err
