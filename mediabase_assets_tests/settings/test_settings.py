import json
from pathlib import Path

import pytest

from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.settings.load import ENVIRONMENT, WITHOUT_EFFECT, Settings, keys_without_effect, load_settings
from mediabase_assets.settings.model import SECRETS
from mediabase_assets_tests.fixtures.environment import forget_environment

OWNERS_FILE = """
database:
  connection_timeout: 60
  max_connections: 10
performance:
  batch_size: 10000
  parallel_workers: 8
  memory_limit_mb: 4096
validation:
  enable_strict_validation: true
  max_validation_errors: 100
testing:
  test_unit: false          # Skip in production
  test_integration: true
  generate_report: true
"""
SECRET = "s3cret-Pass"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch, tmp_path):
    forget_environment(monkeypatch)
    monkeypatch.chdir(tmp_path)


def write(tmp_path: Path, text: str, name: str = "config.yaml") -> Path:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


def test_defaults_are_the_embedded_server(tmp_path):
    settings = load_settings()
    assert settings.database.is_embedded
    assert (settings.database.user, settings.database.name) == ("postgres", "mediabase")
    assert (settings.database.schema_name, settings.database.source_schema) == ("public", "public")
    assert settings.home == tmp_path / ".mediabase"
    assert settings.backup_dir == tmp_path / ".mediabase" / "backups"
    assert settings.symbol_conflicts == "keep_best"
    assert keys_without_effect(settings) == {}


def test_a_named_server_has_the_owners_defaults(monkeypatch):
    monkeypatch.setenv("MB_POSTGRES_HOST", "db.example.org")
    database = load_settings().database
    assert (database.host, database.port, database.user, database.name) == (
        "db.example.org", 5432, "mbase_user", "mbase",
    )  # fmt: skip


def test_each_place_is_stronger_than_the_one_before(tmp_path, monkeypatch):
    file = write(tmp_path, "database: {host: a, port: 1, user: u, name: n}\nsymbol_conflicts: qualify\n")
    monkeypatch.setenv("MB_POSTGRES_PORT", "2")
    monkeypatch.setenv("MB_POSTGRES_USER", "v")
    settings = load_settings(file, database={"user": "w", "name": None})
    assert (settings.database.host, settings.database.port) == ("a", 2)
    assert (settings.database.user, settings.database.name) == ("w", "n")
    assert settings.symbol_conflicts == "qualify"
    assert load_settings(file, symbol_conflicts="keep_best").symbol_conflicts == "keep_best"


def test_the_owners_file_loads_and_tells_what_has_no_effect(tmp_path):
    settings = load_settings(write(tmp_path, OWNERS_FILE))
    assert settings.database.connection_timeout == 60
    assert (settings.database.max_connections, settings.performance.parallel_workers, settings.performance.memory_limit_mb) == (10, 8, 4096)
    assert (settings.performance.batch_size, settings.validation.max_validation_errors) == (10_000, 100)
    assert settings.testing.test_integration
    assert set(keys_without_effect(settings)) == {"testing.test_unit"}


def test_every_setting_has_a_description_and_one_without_effect_has_a_reason():
    described = {}
    for name, field in Settings.model_fields.items():
        inner = getattr(field.annotation, "model_fields", {name: field})
        prefix = f"{name}." if hasattr(field.annotation, "model_fields") else ""
        for key, item in inner.items():
            assert item.description
            if item.description.startswith("accepted, without effect: "):
                described[f"{prefix}{key}"] = item.description.removeprefix("accepted, without effect: ")
    assert described == WITHOUT_EFFECT
    assert all(described.values())
    assert described.keys() == {
        "checkpoints_dir", "database.backup_database", "performance.enable_query_optimization", "performance.cache_size_mb",
        "validation.required_gene_fields", "validation.cross_reference_databases", "validation.go_categories",
        "testing.test_unit", "testing.coverage_threshold_percent",
    }  # fmt: skip


def test_json_loads_too_with_and_without_its_extension(tmp_path):
    text = json.dumps({"database": {"host": "h", "schema": "s", "database": "d"}})
    for name in ("config.json", "config"):
        database = load_settings(write(tmp_path, text, name)).database
        assert (database.host, database.schema_name, database.name) == ("h", "s", "d")


def test_the_file_is_found_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDIABASE_CONFIG", str(write(tmp_path, "symbol_conflicts: qualify")))
    assert load_settings().symbol_conflicts == "qualify"


def test_every_environment_variable_sets_its_key(monkeypatch, tmp_path):
    monkeypatch.setenv("MB_POSTGRES_HOST", "h")
    write(tmp_path, SECRET, "1").chmod(0o600)  # a file of this name can hold a password
    for name, key in ENVIRONMENT.items():
        if name in ("MB_POSTGRES_HOST", "MB_POSTGRES_SERVICE"):
            continue
        crons = {"MEDIABASE_REFRESH_SCHEDULE": "@daily", "MEDIABASE_PROOF_SCHEDULE": "@daily", "MEDIABASE_BACKUP_LOCATION": "s3://lab"}
        others = {
            "MEDIABASE_TIME_ZONE": "Europe/Berlin",
            "MEDIABASE_ALERTS_WEBHOOK_URL": "https://hooks.example.org/x",
            "MB_POSTGRES_SSLMODE": "require",
        }
        given = (crons | others).get(name, "1")
        with monkeypatch.context() as patch:
            patch.setenv(name, given)
            settings = load_settings()
        value = settings
        for part in key.split("."):
            value = getattr(value, part)
        text = value.get_secret_value() if key in SECRETS else value
        assert text in ((1, True, "1", tmp_path / "1", str(tmp_path / "1")) if given == "1" else (given,)), name


@pytest.mark.parametrize("text", ["0 3 * * *", "*/5 * * * *", "@daily", "0 3 * * mon-fri", "0,30 3 1-15/2 * *"])
def test_a_cron_expression_is_taken(text, tmp_path):
    assert load_settings(write(tmp_path, f"views: {{refresh_schedule: '{text}'}}")).views.refresh_schedule == text


@pytest.mark.parametrize("text", ["nonsense", "61 3 * * *", "0 3 * *", "0 24 * * *", "0 3 * * * *"])
def test_what_is_no_cron_expression_is_refused(text, tmp_path):
    with pytest.raises(ConfigurationError, match=r"views\.refresh_schedule.* is not a cron expression"):
        load_settings(write(tmp_path, f"views: {{refresh_schedule: '{text}'}}"))


def test_what_is_no_time_zone_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"views\.time_zone.*'Mars/Olympus' is not a time zone"):
        load_settings(write(tmp_path, "views: {time_zone: Mars/Olympus}"))


def test_empty_counts_as_not_set(tmp_path, monkeypatch):
    monkeypatch.setenv("MB_POSTGRES_HOST", "")
    settings = load_settings(write(tmp_path, "validation:\nsymbol_conflicts: null\ndatabase: {password: ~}\n"))
    assert settings == load_settings(write(tmp_path, ""))
    assert settings.database.is_embedded


def test_a_stronger_server_replaces_a_weaker_one(tmp_path, monkeypatch):
    file = write(tmp_path, "database: {host: a}")
    monkeypatch.setenv("PGSERVICE", "general")
    assert load_settings().database.service == "general"
    assert load_settings(file).database.service is None
    monkeypatch.setenv("MB_POSTGRES_SERVICE", "special")
    database = load_settings(file).database
    assert (database.host, database.service, database.user, database.port) == (None, "special", "", None)


@pytest.mark.parametrize("written", ["0123", "12345", "1e5", "yes", "'0123'", "0x1F", "2024-01-01", "no"])
def test_a_password_stays_as_written(tmp_path, written):
    settings = load_settings(write(tmp_path, f"database: {{host: h, password: {written}}}"))
    assert settings.database.password.get_secret_value() == written.strip("'")


def test_a_password_is_never_told(tmp_path, monkeypatch):
    monkeypatch.setenv("MB_POSTGRES_HOST", "h")
    monkeypatch.setenv("MB_POSTGRES_PASSWORD", SECRET)
    settings = load_settings()
    assert settings.database.password.get_secret_value() == SECRET
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()
    for text in (f"database: {{host: h, password: [{SECRET}]}}", f"database: {{password: '{SECRET}\n  x: y"):
        monkeypatch.delenv("MB_POSTGRES_PASSWORD", raising=False)
        with pytest.raises(ConfigurationError) as caught:
            load_settings(write(tmp_path, text))
        assert SECRET not in str(caught.value)
        assert SECRET not in repr(caught.value.__cause__)


ERRORS = [
    ("databse: {}", "no setting `databse`", "`database`"),
    ("database: {prot: 1}", "no setting `database.prot`", "`database.port`"),
    ("valdation: 3", "no setting `valdation`", "`validation`"),
    ("database: {host: h, port: many}", "`database.port` is wrong", "Correct"),
    ("database: {host: h, port: 70000}", "less than or equal to 65535", "Correct"),
    ("database: {host: h, service: s}", "both name a server", "Correct"),
    ("database: {name: a, database: b}", "mean the same and differ", "Correct"),
    ("database: {schema: mediabase_ops}", "keeps for itself", "Correct"),
    ("database: 3", "`database` is wrong", "Correct"),
    ("performance: {batch_size: true}", "not true or false", "Correct"),
    ("stage_timeout_minutes: 0", "greater than 0", "Correct"),
    ("performance: {batch_size: 0}", "greater than or equal to 1", "Correct"),
    ("require_user_confirmation: maybe", "`require_user_confirmation` is wrong", "Correct"),
    ("symbol_conflicts: keep_all", "'keep_best' or 'qualify'", "Correct"),
    ("validation: {invalid_symbol_patterns: [LOC]}", "begin with ^", "Correct"),
    ("validation: {invalid_symbol_patterns: ['^(a$']}", "not a regular expression", "Correct"),
    ("- a\n- b", "not hold a mapping", "key: value"),
    ("a: [", "not valid YAML", "Correct the file"),
    ("database:\n  host: a\n  host: b\n", "`host` is there twice, line 3", "Correct the file"),
]


@pytest.mark.parametrize(("text", "what", "next_step"), ERRORS, ids=[what for _, what, _ in ERRORS])
def test_a_mistake_in_a_file_names_file_key_and_what_is_expected(tmp_path, text, what, next_step):
    file = write(tmp_path, text)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(file)
    assert what in caught.value.what
    assert str(file) in caught.value.where
    assert next_step in caught.value.next_step


def test_json_errors_name_the_line(tmp_path):
    for text, what in [('{"a": 1,\n}', "line 2"), ('{"home": "a", "home": "b"}', "there twice")]:
        with pytest.raises(ConfigurationError, match=what):
            load_settings(write(tmp_path, text, "c.json"))


@pytest.mark.parametrize("make", [lambda f: None, lambda f: f.mkdir(), lambda f: f.write_bytes(b"\xff\xfe\x00")])
def test_an_unreadable_file_is_told(tmp_path, make):
    file = tmp_path / "c.yaml"
    make(file)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_settings(file)


def test_a_wrong_environment_variable_is_named(monkeypatch):
    monkeypatch.setenv("MB_MIGRATION_BATCH_SIZE", "lots")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert "MB_MIGRATION_BATCH_SIZE" in caught.value.where


def test_db_and_name_may_agree_but_not_differ(monkeypatch):
    monkeypatch.setenv("MB_POSTGRES_DB", "a")
    monkeypatch.setenv("MB_POSTGRES_NAME", "a")
    assert load_settings().database.name == "a"
    monkeypatch.setenv("MB_POSTGRES_NAME", "b")
    with pytest.raises(ConfigurationError, match="MB_POSTGRES_DB and MB_POSTGRES_NAME"):
        load_settings()


def test_all_mistakes_are_told_at_once(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        load_settings(write(tmp_path, "home: [1]\nauto_cleanup: 7\n"))
    assert "`home`" in caught.value.what
    assert "`auto_cleanup`" in caught.value.what


def test_an_unknown_option_of_the_command_line_is_told():
    with pytest.raises(ConfigurationError, match="symbol_conflict"):
        load_settings(symbol_conflict="qualify")


def test_the_environment_testing_does_not_ask(tmp_path):
    assert not load_settings(environment="testing").require_user_confirmation
    assert load_settings(environment="testing", require_user_confirmation=True).require_user_confirmation
    assert load_settings(environment="production").require_user_confirmation


@pytest.mark.parametrize("key", ["schema_name", "legacy_schema"])
@pytest.mark.parametrize("schema", ["mediabase_selftest_live", "mediabase_plan_source", "mediabase_plan_ops"])
def test_schemas_of_dry_runs_and_self_tests_are_theirs_alone(key, schema):
    with pytest.raises(ConfigurationError, match="keep"):
        load_settings(database={key: schema})


@pytest.mark.parametrize("workspace", ["mediabase", "mediabase_plan", "mediabase_selftest"])
def test_no_configuration_can_put_a_migration_where_a_rehearsal_is_dropped(tmp_path, workspace):
    file = tmp_path / "mine.yaml"
    file.write_text(f"workspace: {workspace}\n")
    with pytest.raises(ConfigurationError, match="no setting `workspace`"):
        load_settings(file)


def test_a_rehearsal_has_the_settings_of_the_migration_but_those_that_it_changes(tmp_path):
    settings = load_settings(home=tmp_path, symbol_conflicts="qualify")
    rehearsal = settings.for_workspace("mediabase_selftest", backup_dir=tmp_path / "other")
    assert (settings.workspace, rehearsal.workspace) == ("mediabase", "mediabase_selftest")
    assert rehearsal.model_copy(update={"symbol_conflicts": "keep_best"}).workspace == "mediabase_selftest"
    assert rehearsal.model_dump() == settings.model_dump() | {"backup_dir": tmp_path / "other"}
