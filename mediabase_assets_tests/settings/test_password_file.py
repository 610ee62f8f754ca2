"""A password in a file: read, passed on, and every file that is refused."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.settings import password_file
from mediabase_assets.settings.environment import export
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.fixtures.environment import forget_environment

SECRET = "s3cret-Pass word"


@pytest.fixture(autouse=True)
def _a_named_server(monkeypatch, tmp_path):
    forget_environment(monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MB_POSTGRES_HOST", "h")


@pytest.fixture
def secret(tmp_path):
    """The file of the secret, which others cannot read."""
    return held(tmp_path / "secret", f"{SECRET}\n".encode())


def held(file: Path, content: bytes, mode: int = 0o600) -> Path:
    file.write_bytes(content)
    file.chmod(mode)
    return file


def password() -> str:
    return load_settings().database.password.get_secret_value()


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_the_newline_at_its_end_is_not_part_of_the_password(secret, monkeypatch, end):
    secret.write_bytes(f" {SECRET} {end}".encode())
    monkeypatch.setenv("MB_POSTGRES_PASSWORD_FILE", str(secret))
    assert password() == f" {SECRET} "


def test_a_configuration_file_can_name_it(secret, tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("database: {host: h, password_file: secret}")
    database = load_settings(file).database
    assert (database.password.get_secret_value(), database.password_file) == (SECRET, secret)


def test_the_embedded_server_has_no_password(secret, monkeypatch):
    monkeypatch.delenv("MB_POSTGRES_HOST")
    monkeypatch.setenv("MB_POSTGRES_PASSWORD_FILE", str(secret))
    assert load_settings().database.password is None


def test_both_have_to_be_the_same(secret, monkeypatch):
    monkeypatch.setenv("MB_POSTGRES_PASSWORD_FILE", str(secret))
    monkeypatch.setenv("MB_POSTGRES_PASSWORD", SECRET)
    assert password() == SECRET
    monkeypatch.setenv("MB_POSTGRES_PASSWORD", "another-0ne")
    with pytest.raises(ConfigurationError, match="differ; keep one of them") as caught:
        load_settings()
    assert caught.value.where == "environment variable MB_POSTGRES_PASSWORD_FILE, database.password_file"
    assert "another-0ne" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_stronger_place_replaces_a_weaker_one(secret, tmp_path, monkeypatch):
    file = tmp_path / "config.yaml"
    file.write_text("database: {host: h, password: of-the-file}")
    monkeypatch.setenv("MEDIABASE_CONFIG", str(file))
    monkeypatch.setenv("MB_POSTGRES_PASSWORD_FILE", str(secret))
    assert password() == SECRET
    monkeypatch.delenv("MB_POSTGRES_PASSWORD_FILE")
    file.write_text(f"database: {{host: h, password_file: {secret}}}")
    monkeypatch.setenv("MB_POSTGRES_PASSWORD", "of-the-environment")
    assert password() == "of-the-environment"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b" \n", "is empty"),
        (b"one\ntwo\n", "in one line, and nothing else"),
        (b"a\0b", "in one line, and nothing else"),
        (b"x" * 5000, "in one line, and nothing else"),
        (b"\xff\xfe", "is not text in UTF-8"),
    ],
)
def test_a_file_without_a_password_is_refused(secret, monkeypatch, content, said):
    secret.unlink() if content is None else secret.write_bytes(content)
    monkeypatch.setenv("MB_POSTGRES_PASSWORD_FILE", str(secret))
    with pytest.raises(ConfigurationError, match=said) as caught:
        load_settings()
    assert str(secret) in str(caught.value)
    assert "MB_POSTGRES_PASSWORD_FILE" in str(caught.value)
    assert "Correct `database.password_file`" in str(caught.value)


def test_a_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("MB_POSTGRES_PASSWORD_FILE", str(tmp_path))
    with pytest.raises(ConfigurationError, match="is a folder; it should be the file"):
        load_settings()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another account")
def test_a_file_that_this_account_may_not_read_is_told():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        file = held(Path(folder) / "secret", SECRET.encode())
        program = (
            "import os, sys; from pathlib import Path; from mediabase_assets.settings.password_file import read_password\n"
            "os.setuid(65534)\ntry: read_password(Path(sys.argv[1]))\nexcept ValueError as error: print(error)"
        )
        done = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"the file {file} cannot be read: Permission denied", done.stderr


def test_a_file_that_every_account_can_read_is_refused(monkeypatch):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        file = held(folder / "secret", SECRET.encode(), 0o644)
        monkeypatch.setenv("MB_POSTGRES_PASSWORD_FILE", str(file))
        with pytest.raises(ConfigurationError, match=r"every account of this machine can read .*`chmod o-rwx"):
            load_settings()
        file.chmod(0o640)
        assert password() == SECRET
        file.chmod(0o644)
        folder.chmod(0o700)  # nobody else gets there
        assert password() == SECRET
        monkeypatch.setattr(password_file, "ENGINES", folder.resolve())
        folder.chmod(0o755)  # as container engines do
        assert password() == SECRET


def test_other_processes_read_the_file_and_no_variable_or_file_gets_the_password(secret, tmp_path, monkeypatch):
    for name in ("MEDIABASE_HOME", "MEDIABASE_CONFIG", "MB_POSTGRES_PASSWORD"):
        monkeypatch.setenv(name, "")  # so that monkeypatch takes back what `export` sets
    monkeypatch.setenv("MB_POSTGRES_PASSWORD_FILE", str(secret))
    settings = load_settings(home=tmp_path / "home", symbol_conflicts="qualify")
    export(settings, None, has_overrides=True)
    assert load_settings() == settings
    assert os.environ["MB_POSTGRES_PASSWORD"] == ""
    assert SECRET not in (tmp_path / "home" / "effective-config.yaml").read_text()
    secret.write_text("rotated\n")
    assert password() == "rotated"
