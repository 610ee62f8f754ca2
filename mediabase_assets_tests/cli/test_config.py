"""`mediabase config`: what the real program prints and writes, and its exit codes."""

import json
import os
import stat
import time

import pytest

pytestmark = pytest.mark.pg


def test_a_file_is_made_checked_shown_and_never_overwritten_by_itself(project, tmp_path):
    file = tmp_path / "production.yaml"
    assert project.run("config", "create", "production", "--output", str(file)).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    checked = project.run("config", "check", str(file))
    assert (checked.code, "can be used without a finding" in checked.out) == (0, True)
    shown = project.run("config", "show", "--changed", "--json", "--config-file", str(file))
    rows = {row["key"]: row for row in json.loads(shown.out)}
    assert rows["performance.parallel_workers"]["value"] == 8
    assert rows["performance.parallel_workers"]["from"].startswith(f"{file}, line ")
    assert "symbol_conflicts" not in rows
    before = file.read_text()
    refused = project.run("config", "create", "staging", "--output", str(file))
    assert (refused.code, "exists and is kept" in refused.err, file.read_text()) == (2, True, before)
    assert project.run("config", "create", "staging", "--output", str(file), "--force").code == 0
    assert file.read_text() == project.run("config", "create", "staging").out


def test_a_wrong_file_ends_with_2_and_all_findings(project, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("database:\n  prot: 1\nperformance:\n  cache_size_mb: 1\n")
    done = project.run("config", "check", str(file))
    assert done.code == 2
    assert f"{file}, line 2: error: There is no setting `database.prot`." in done.out
    assert "line 4: note: `performance.cache_size_mb` has no effect" in done.out
    as_json = project.run("config", "check", str(file), "--json")
    assert (as_json.code, json.loads(as_json.out)["is_valid"]) == (2, False)


def test_a_password_is_in_no_output(project, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("database: {host: h, password: s3cret-Pass}\n")
    for arguments in (["show", "--config-file", str(file)], ["show", "--json", "--config-file", str(file)], ["check", str(file)]):
        done = project.run("config", *arguments)
        assert done.code == 0
        assert "s3cret" not in done.out + done.err


def test_a_rollback_on_failure_that_is_not_allowed_is_refused(project, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("enable_rollback: false\n")
    done = project.run("migrate", "--skip-confirmation", "--rollback-on-failure", "--config-file", str(file))
    assert done.code == 2
    assert "enable_rollback is false" in done.err


def test_a_migration_prints_logs_and_cleans_up_as_configured(project, tmp_path):
    file, logs = tmp_path / "mine.yaml", tmp_path / "logs"
    file.write_text(f"verbose_logging: true\ndebug_mode: true\nauto_cleanup: true\nlog_dir: {logs}\n")
    logs.mkdir()
    old, past = logs / "error-old.txt", time.time() - 200 * 86400
    old.write_text("old")
    os.utime(old, (past, past))
    done = project.run("migrate", "--demo", "--demo-transcripts", "1500", "--skip-confirmation", "--config-file", str(file))
    assert done.code == 0, done.out + done.err
    assert "backup/legacy_backup: Comparing checksums" in done.out
    assert "Deleted: 1 log file." in done.out
    assert not old.exists()
    (log,) = logs.glob("migrate-*.log")
    assert "  dagster/row_count: " in log.read_text()
    assert not [*(project.home / "logs").glob("migrate-*")]
