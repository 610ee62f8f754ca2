"""A disk that is full in mid-stage, a real one of a few megabytes: the migration says so, and goes on when there is room."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from psycopg import sql

from mediabase_assets.lib import server
from mediabase_assets.lib.database import connect
from mediabase_assets_tests.faults.places import assert_as_uninterrupted
from mediabase_assets_tests.pipeline import copies, harness

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end]


@pytest.fixture
def disk(fault_home):
    """A file system of its own that belongs to the server; skipped where nobody may mount one."""
    folder = Path(tempfile.mkdtemp(prefix="mediabase-disk-"))
    folder.chmod(0o755)
    place = folder / "disk"
    place.mkdir()
    owner = server.status(fault_home).data_dir.stat()
    options = f"size=6m,uid={owner.st_uid},gid={owner.st_gid},mode=0700"
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
