"""The place of the backups as a setting: a folder or a URL, never both of it and `backup_dir`, never with credentials."""

import os
from pathlib import Path

import pytest
import yaml

from mediabase_assets.backup import place_of, place_text
from mediabase_assets.backup.object_store import ObjectStore
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.settings.environment import EFFECTIVE, export
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.fixtures.environment import forget_environment

URL = "s3://lab/backups?region=eu-central-1"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch, tmp_path):
    forget_environment(monkeypatch)
    monkeypatch.setenv("MEDIABASE_HOME", str(tmp_path))


def located(text, **more):
    return load_settings(backup={"location": text}, **more)


@pytest.mark.parametrize("text", ["/srv/backups", "file:///srv/backups", "/srv/x/../backups/"])
def test_a_folder_is_the_folder_of_the_backups(text):
    settings = located(text)
    assert place_of(settings) == settings.backup_dir
    assert os.path.normpath(place_text(settings)) == "/srv/backups"


def test_without_a_place_they_are_below_the_home(tmp_path):
    assert place_of(load_settings()) == tmp_path / "backups"


@pytest.mark.parametrize("text", [URL, "s3://lab/backups/?region=eu-central-1", "s3://lab//backups?region=eu-central-1"])
def test_a_url_is_a_bucket_and_written_in_one_way(text, tmp_path):
    settings = located(text)
    assert isinstance(place_of(settings), ObjectStore)
    assert str(place_of(settings)) == place_text(settings) == URL
    assert settings.backup_dir == tmp_path / "backups"  # where a backup is written before it is uploaded


def test_the_variable_names_it(monkeypatch):
    monkeypatch.setenv("MEDIABASE_BACKUP_LOCATION", URL)
    assert load_settings().backup.location == URL


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ftp://lab/x", "begins with s3:// or file://"),
        ("s3:/lab", "a folder, or a URL such as"),
        ("s3://", "should name a bucket"),
        ("s3://lab:80/x", "should name a bucket"),
        ("s3://lab/x#y", "should name a bucket"),
        ("s3://lab/x?regoin=a", "did you mean region?"),
        ("s3://lab/x?region", "should be a URL such as"),
        ("s3://lab/x?scheme=ftp", "scheme should be http or https"),
        ("s3://AKIA:canary-secret@lab/x", "credentials do not belong into it"),
        ("s3://lab/x?secret_key=canary-secret", "credentials do not belong into it"),
    ],
)
def test_another_text_is_refused_without_being_quoted(text, said):
    with pytest.raises(ConfigurationError) as refused:
        located(text)
    assert said in str(refused.value)
    assert "backup.location" in str(refused.value)
    assert "canary-secret" not in str(refused.value)


@pytest.mark.parametrize("text", [URL, "/srv/others"])
def test_two_places_are_refused(text):
    with pytest.raises(ConfigurationError, match=r"`backup\.location` and `backup_dir` name different places"):
        located(text, backup_dir="/srv/backups")


def test_the_same_place_twice_is_taken():
    assert located("file:///srv/backups", backup_dir="/srv/backups").backup_dir == Path("/srv/backups")


@pytest.mark.parametrize("text", [URL, "/srv/backups"])
def test_effective_settings_name_the_same_place(text, tmp_path, monkeypatch):
    settings = located(text)
    monkeypatch.setenv("MEDIABASE_CONFIG", "")
    export(settings, None, has_overrides=True)
    assert "backup_dir" not in yaml.safe_load((tmp_path / EFFECTIVE).read_text())
    assert place_text(load_settings()) == place_text(settings)
