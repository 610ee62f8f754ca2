"""Every command on the oldest and on the newest server of this machine, as a role that is no superuser.

Here are the fewest runs that show it; everything, and other versions: `python -m mediabase_assets_tests.servers.matrix`.
"""

import pytest

from mediabase_assets_tests.servers.commands import legacy_files
from mediabase_assets_tests.servers.matrix import PLACES, outcomes
from mediabase_assets_tests.servers.running import OLDEST, installed

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end, pytest.mark.timeout(1800)]
#: Server, place, and what the other one shows; they are the longest ones, for each migrates.
CASES = (
    (min, PLACES[0], ("self-test of a file", "dry run")),
    (max, PLACES[1], ("dry run of a file", "self-test")),
)


def test_every_command_does_what_it_has_to(server, tmp_path):
    chosen = [case for case in CASES if server.version == case[0](installed())]
    if not chosen:
        pytest.skip(f"PostgreSQL {server.version} is neither the oldest nor the newest here")
    files = legacy_files(server, tmp_path)
    for _, place, without in chosen:
        found = [outcome for _, outcome in outcomes(server, files, tmp_path / place[1], (place,), without=without)]
        assert len(found) == 8
        assert [(o.command, o.said) for o in found if not o.is_right] == []


def test_an_outcome_can_be_wrong(server, tmp_path):
    """A file that is none: every command that reads it fails, and the matrix says so."""
    file = tmp_path / "legacy.parquet"
    file.write_bytes(b"PAR1 no file of this kind PAR1")
    found = [
        outcome for _, outcome in outcomes(server, {"parquet": file}, tmp_path, (("public", "parquet"),), ("dry run of a file", "import"))
    ]
    assert [(o.command, o.is_right) for o in found] == [("dry run of a file", False), ("import and migrate (parquet)", False)]
    assert "damaged or cut short" in found[0].said


def test_there_is_a_server_to_test_on():
    assert installed()
    assert min(installed()) >= OLDEST
