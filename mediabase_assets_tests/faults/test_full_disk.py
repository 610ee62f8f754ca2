"""A disk that is full in mid-stage, a real one of a few megabytes: the migration says so, and goes on when there is room."""

import logging
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg import sql

from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.embedded import server
from mediabase_assets.runs.log_file import QuietHandler, RunLog, begin_log
from mediabase_assets_tests.faults.places import assert_as_uninterrupted
from mediabase_assets_tests.fixtures.environment import clean_environment
from mediabase_assets_tests.pipeline import copies, harness

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]


@pytest.fixture
def disk(fault_home):
    """A file system of its own that belongs to the server; skipped where nobody may mount one."""
    owner = server.status(fault_home).data_dir.stat()
    with mounted(f"size=6m,uid={owner.st_uid},gid={owner.st_gid},mode=0700") as place:
        yield place


@contextmanager
def mounted(options):
    """A small file system that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="mediabase-disk-"))
    folder.chmod(0o755)
    place = folder / "disk"
    place.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=False).returncode:
        place.rmdir()
        folder.rmdir()
        pytest.skip("a small file system has to be mounted, which this account may not")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)
        place.rmdir()
        folder.rmdir()


def test_a_full_disk_is_told_and_the_migration_goes_on_when_there_is_room(template, fault_home, reference, disk):
    with copies.copy_of(template, fault_home) as this:
        name = this.settings.database.name
        with connect(this.settings, autocommit=True, dbname="postgres") as conn:
            conn.execute(sql.SQL("create tablespace tiny location {}").format(sql.Literal(str(disk))))
            conn.execute(sql.SQL("alter database {} set default_tablespace = tiny").format(sql.Identifier(name)))
        try:
            failed = this.migrate()
            assert not failed.success
            assert "No space left on device" in copies.told(failed)
            assert "Free disk space on the database server" in copies.told(failed)
            assert [e for e in failed.all_events if e.event_type_value == "STEP_UP_FOR_RETRY"] == []
            assert copies.relations(this, "public") == {"cancer_transcript_base"}
            done = harness.executed(failed)
            subprocess.run(["mount", "-o", "remount,size=500m", str(disk)], check=True)
            again = this.rerun()
            assert again.success, copies.told(again)
            assert not harness.executed(again) & done
            assert_as_uninterrupted(this, reference)
        finally:
            with connect(this.settings, autocommit=True, dbname="postgres") as conn:
                conn.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
                conn.execute("drop tablespace tiny")


def fill(place):
    """Leave no byte free."""
    with (place / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"x" * 4096)
        except OSError:
            assert os.statvfs(place).f_bavail == 0


@pytest.mark.parametrize("arguments", [("migrate", "--skip-confirmation"), ("migrate", "--dry-run")])
def test_a_full_disk_under_the_home_is_told_before_anything_is_written(template, fault_home, arguments):
    with copies.copy_of(template, fault_home) as this, mounted("size=64k,mode=0755") as place:
        fill(place)
        with this.connect() as conn:
            address = {"MB_POSTGRES_HOST": conn.info.host, "MB_POSTGRES_PORT": str(conn.info.port), "MB_POSTGRES_USER": conn.info.user}
        kept = clean_environment()
        done = subprocess.run(
            [sys.executable, "-m", "mediabase_assets.cli", *arguments],
            env=kept | this.environment | address | {"MEDIABASE_HOME": str(place)}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 2, done.stderr
        assert "cannot be written: No space left on device" in done.stderr
        assert f"where: {place}" in done.stderr
        assert "Free space there" in done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        assert copies.relations(this, "public") == {"cancer_transcript_base"}


def test_a_disk_that_is_full_under_the_log_stops_nothing_and_is_told(capsys):
    with mounted("size=64k,mode=0755") as place:
        file = begin_log(place / "logs", "run.log")
        handler = QuietHandler(file)
        with RunLog(file) as log:
            log.write("first\n")
            log.flush()
            assert not log.problem
            fill(place)
            for _ in range(100):
                log.write("more\n" * 1000)
                handler.emit(logging.LogRecord("psycopg", logging.INFO, "", 0, "more" * 1000, None, None))
            log.flush()
        handler.close()
        assert log.problem == f"The log {file} is not complete: No space left on device. Free space on its disk."
        assert file.read_text().startswith("first\n")
    assert capsys.readouterr() == ("", "")
