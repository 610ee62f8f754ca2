"""What is said about settings: every value with its origin, files that are made, files that are checked."""

import json
from pathlib import Path

import pytest
import yaml

from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.settings.check import Finding, as_document, check_file
from mediabase_assets.settings.explained import MASK, explained, fields
from mediabase_assets.settings.load import ENVIRONMENT, load_settings
from mediabase_assets.settings.model import Settings
from mediabase_assets.settings.template import VALUES, render
from mediabase_assets_tests.fixtures.environment import forget_environment

SECRET = "s3cret-Pass"
#: The defaults of the owner's configuration, as his program writes them.
OWNERS_DEFAULTS = """
checkpoints_dir: ./migration_checkpoints
backup_dir: ./migration_backups
temp_dir: ./migration_temp
log_dir: ./migration_logs
require_user_confirmation: true
auto_cleanup: false
max_retry_attempts: 3
stage_timeout_minutes: 60
enable_rollback: true
environment: development
debug_mode: false
verbose_logging: true
database: {host: localhost, port: 5432, database: mbase, user: mbase_user, password: mbase_secret, connection_timeout: 30,
           max_connections: 10, backup_database: null}
performance: {batch_size: 10000, index_creation_parallel: true, materialized_view_refresh_interval: 3600, query_timeout: 300,
              memory_limit_mb: 2048, parallel_workers: 4, enable_query_optimization: true, cache_size_mb: 512}
testing: {test_unit: true, test_integration: true, test_performance: true, test_data_validation: true, generate_report: true,
          test_timeout: 300, mock_data_size: 1000, performance_threshold_ms: 1000, coverage_threshold_percent: 80.0}
validation: {max_gene_symbol_length: 50, drug_name_min_length: 2, required_gene_fields: [gene_id, gene_symbol, gene_type],
             cross_reference_databases: [UniProt, RefSeq, Ensembl],
             go_categories: [molecular_function, biological_process, cellular_component],
             enable_strict_validation: true, validation_timeout: 300, max_validation_errors: 1000}
"""


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch, tmp_path):
    forget_environment(monkeypatch)
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "config.yaml") -> Path:
    Path(name).write_text(text, encoding="utf-8")
    return Path(name)


def rows(*arguments, **overrides):
    return {row.key: row for row in explained(*arguments, **overrides)}


def findings(text: str, name: str = "config.yaml") -> list[Finding]:
    return check_file(write(text, name))


def test_every_value_says_where_it_comes_from(monkeypatch, tmp_path):
    file = write("symbol_conflicts: qualify\nenvironment: testing\ndatabase:\n  schema: mine\n  port: 5\n")
    monkeypatch.setenv("MB_POSTGRES_HOST", "h")
    monkeypatch.setenv("MB_POSTGRES_PORT", "6")
    shown = rows(file, database={"user": "u"})
    assert {key: shown[key].origin for key in ("symbol_conflicts", "database.schema_name", "database.port", "database.user")} == {
        "symbol_conflicts": "config.yaml, line 1", "database.schema_name": "config.yaml, line 4",
        "database.port": "environment variable MB_POSTGRES_PORT", "database.user": "the command line",
    }  # fmt: skip
    assert (shown["require_user_confirmation"].value, shown["require_user_confirmation"].origin) == (
        False, "derived from environment: testing",
    )  # fmt: skip
    assert (shown["testing.mock_data_size"].value, shown["testing.mock_data_size"].default) == (100, 1000)
    assert shown["database.name"].origin == "default of a named server (database.host)"
    assert (shown["max_retry_attempts"].origin, shown["max_retry_attempts"].is_changed) == ("default", False)
    assert (shown["database.port"].value, shown["database.port"].is_changed) == (6, True)
    assert shown["performance.cache_size_mb"].effect == "without effect: nothing is cached outside the database"
    assert shown.keys() == {key for key, _ in fields()}
    assert json.dumps([row.value for row in shown.values()])


def test_what_follows_from_another_setting_says_so(tmp_path):
    shown = rows(write("home: elsewhere\nperformance: {materialized_view_refresh_interval: 7200}\n"))
    assert (shown["backup_dir"].value, shown["backup_dir"].origin) == (str(tmp_path / "elsewhere" / "backups"), "derived from home")
    refresh = shown["views.refresh_schedule"]
    assert (refresh.value, refresh.origin) == ("0 */2 * * *", "derived from performance.materialized_view_refresh_interval")
    assert rows(write("database: {user: somebody}"))["database.user"].origin == (
        "the embedded server (config.yaml, line 1 is for a named server)"
    )


def test_a_service_of_libpq_is_an_origin(monkeypatch):
    monkeypatch.setenv("PGSERVICE", "general")
    assert rows()["database.service"].origin == "environment variable PGSERVICE"


def test_a_password_is_masked(monkeypatch):
    monkeypatch.setenv("MB_POSTGRES_HOST", "h")
    monkeypatch.setenv("MB_POSTGRES_PASSWORD", SECRET)
    shown = rows()
    assert shown["database.password"].value == MASK
    assert SECRET not in repr(shown)


@pytest.mark.parametrize("environment", VALUES)
def test_a_file_that_is_made_is_loaded_without_a_finding_and_holds_every_setting(environment):
    file = write(render(environment))
    assert check_file(file) == []
    settings = load_settings(file)
    assert settings.environment == environment
    shown = rows(file)
    assert {key for key, row in shown.items() if row.is_changed} <= {"environment", *VALUES[environment]}
    assert all(shown[key].value == value for key, value in VALUES[environment].items())
    text = file.read_text()
    assert all(f"{key.rpartition('.')[2]}:" in text for key, _ in fields())
    assert str(Path.cwd()) not in text


def test_a_made_file_is_the_same_as_without_it_but_for_the_values_of_its_environment(monkeypatch):
    made = yaml.safe_load(render("production"))
    assert made["performance"]["parallel_workers"] == 8
    assert "password" not in made["database"]
    assert made["validation"]["invalid_symbol_patterns"] == Settings.model_validate({}).validation.invalid_symbol_patterns


def test_all_mistakes_of_a_file_come_at_once_with_line_and_nearest_name():
    found = findings(
        "enviroment: testing\nenvironment: prod\ndatabase:\n  host: h\n  prot: 1\n  port: many\nbatch_size: 5\nviews: {time_zone: Mars}\n"
        "database2: {}\nvalidation:\n  max_validation_errors: true\n"
    )
    assert {(f.line, f.key, f.next_step) for f in found if f.kind == "error"} == {
        (1, "enviroment", "Did you mean `environment`?"), (2, "environment", "Did you mean `production`?"),
        (5, "database.prot", "Did you mean `database.port`?"), (6, "database.port", "Correct `database.port`."),
        (7, "batch_size", "Did you mean `performance.batch_size`?"), (8, "views.time_zone", "Correct `views.time_zone`."),
        (9, "database2", "Did you mean `database`?"),
        (11, "validation.max_validation_errors", "Correct `validation.max_validation_errors`."),
    }  # fmt: skip
    assert [f.line for f in found] == sorted(f.line for f in found)
    assert "found twice" not in str(found)


def test_repeated_keys_are_found_beside_other_mistakes():
    found = findings("debug_mode: true\ndatabase:\n  host: a\n  host: b\n  prot: 1\ndebug_mode: false\n")
    assert [(f.line, f.key) for f in found if f.kind == "error"] == [(4, "database.host"), (5, "database.prot"), (6, "debug_mode")]
    found = findings('{"debug_mode": true,\n "debug_mode": false}', "config.json")
    assert [(f.line, f.key, f.kind) for f in found] == [(2, "debug_mode", "error")]


def test_what_is_no_yaml_is_told_with_its_line():
    (found,) = findings("database:\n  host: [a\nviews: {}\n")
    assert (found.kind, found.line) == ("error", 3)
    assert "not valid YAML" in found.what
    with pytest.raises(ConfigurationError, match="cannot be read"):
        check_file(Path("nowhere.yaml"))


CONTRADICTIONS = [
    ("views: {refresh_schedule: '0 3 * * *'}\nperformance: {materialized_view_refresh_interval: 60}", "views.refresh_schedule"),
    ("stage_timeout_minutes: 1\nperformance: {query_timeout: 61}", "performance.query_timeout"),
    ("stage_timeout_minutes: 1\nvalidation: {validation_timeout: 61}", "validation.validation_timeout"),
    ("performance: {parallel_workers: 5}", "performance.parallel_workers"),
    ("validation: {enable_strict_validation: false, max_validation_errors: 5}", "validation.max_validation_errors"),
    ("environment: production\ndebug_mode: true", "debug_mode"),
]


@pytest.mark.parametrize(("text", "key"), CONTRADICTIONS, ids=[key for _, key in CONTRADICTIONS])
def test_values_that_contradict_each_other_are_a_warning(text, key):
    assert [(f.kind, f.key) for f in findings(text)] == [("warning", key)]
    assert load_settings(Path("config.yaml"))


@pytest.mark.parametrize(
    "text",
    [
        "views: {refresh_schedule: '0 3 * * *'}", "stage_timeout_minutes: 2\nperformance: {query_timeout: 61}",
        "performance: {parallel_workers: 4}", "validation: {max_validation_errors: 5}", "environment: staging\ndebug_mode: true",
    ],
)  # fmt: skip
def test_values_that_agree_are_no_finding(text):
    assert findings(text) == []


def test_keys_without_effect_are_noted_with_the_reason():
    found = findings("performance:\n  cache_size_mb: 1\ndatabase:\n  user: u\n")
    assert [(f.kind, f.key, f.line) for f in found] == [("note", "performance.cache_size_mb", 2), ("note", "database.user", 4)]
    assert "nothing is cached outside the database" in found[0].what
    assert "the embedded one has its own" in found[1].what


def test_the_owners_full_file_is_accepted():
    found = findings(OWNERS_DEFAULTS)
    assert [f for f in found if f.kind == "error"] == []
    assert {f.key for f in found} == {
        "checkpoints_dir", "performance.enable_query_optimization", "performance.cache_size_mb", "testing.test_unit",
        "testing.coverage_threshold_percent", "validation.required_gene_fields", "validation.cross_reference_databases",
        "validation.go_categories",
    }  # fmt: skip
    settings = load_settings(Path("config.yaml"))
    assert (settings.views.refresh_schedule, settings.performance.query_timeout) == ("0 * * * *", 300)


def test_no_finding_quotes_a_password():
    found = findings(f"database: {{host: h, password: [{SECRET}], {SECRET}x: 1}}")
    assert {f.key for f in found} >= {"database.password"}
    assert not any(SECRET in f.what for f in found if f.key == "database.password")


def test_findings_are_a_document_for_programs():
    document = as_document(Path("config.yaml"), findings("prot: 1"))
    assert document["is_valid"] is False
    (found,) = document["findings"]
    assert (found["kind"], found["key"], found["line"], found["next"]) == ("error", "prot", 1, "Did you mean `database.port`?")
    assert as_document(Path("config.yaml"), findings("debug_mode: true"))["is_valid"] is True


def test_an_environment_changes_defaults_and_nothing_that_is_set(monkeypatch):
    testing = load_settings(write("environment: testing"))
    assert (testing.require_user_confirmation, testing.debug_mode, testing.auto_cleanup, testing.testing.mock_data_size) == (
        False, True, True, 100,
    )  # fmt: skip
    stronger = load_settings(write("environment: testing\ntesting: {mock_data_size: 7}\ndebug_mode: false"))
    assert (stronger.testing.mock_data_size, stronger.debug_mode, stronger.auto_cleanup) == (7, False, True)
    for name in ("staging", "production", "development"):
        assert load_settings(write(f"environment: {name}")) == load_settings().model_copy(update={"environment": name})


def test_a_variable_of_every_key_is_an_origin(monkeypatch):
    monkeypatch.setenv("MB_MIGRATION_PARALLEL_WORKERS", "3")
    assert ENVIRONMENT["MB_MIGRATION_PARALLEL_WORKERS"] == "performance.parallel_workers"
    assert rows()["performance.parallel_workers"].origin == "environment variable MB_MIGRATION_PARALLEL_WORKERS"
