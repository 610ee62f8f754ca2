"""What the command line knows, the code that Dagster loads knows too."""

import os

import pytest

from mediabase_assets.settings.environment import export
from mediabase_assets.settings.load import load_settings


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("MEDIABASE_HOME", "MEDIABASE_CONFIG", "MB_POSTGRES_PASSWORD"):
        monkeypatch.setenv(name, "")  # so that monkeypatch takes back what `export` sets


def test_a_configuration_file_is_found_from_everywhere(tmp_path, monkeypatch):
    file = tmp_path / "mine.yaml"
    file.write_text(f"symbol_conflicts: qualify\nhome: {tmp_path / 'home'}\n")
    monkeypatch.chdir(tmp_path)
    settings = load_settings(file.relative_to(tmp_path))
    export(settings, file.relative_to(tmp_path), has_overrides=False)
    monkeypatch.chdir("/")
    assert load_settings() == settings


def test_options_reach_other_processes_and_the_password_no_file(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("database:\n  host: db.example.org\n  password: hush-hush\nvalidation:\n  drug_name_min_length: 3\n")
    given = {"home": tmp_path / "home", "symbol_conflicts": "qualify"}
    settings = load_settings(file, **given)
    export(settings, file, has_overrides=True)
    again = load_settings()
    assert again == settings
    assert again.symbol_conflicts == "qualify"
    written = os.environ["MEDIABASE_CONFIG"]
    assert written == str(tmp_path / "home" / "effective-config.yaml")
    assert "hush-hush" not in (tmp_path / "home" / "effective-config.yaml").read_text()


def test_the_embedded_server_stays_the_embedded_server(tmp_path):
    settings = load_settings(home=tmp_path, symbol_conflicts="keep_best")
    export(settings, None, has_overrides=True)
    assert load_settings() == settings
    assert load_settings().database.is_embedded
