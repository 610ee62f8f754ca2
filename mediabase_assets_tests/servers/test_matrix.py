"""Every command on every server of this machine, as a role that is no superuser; other versions: `python -m …servers.matrix --bin DIR`."""

import pytest

from mediabase_assets_tests.servers.commands import legacy_files
from mediabase_assets_tests.servers.matrix import PLACES, outcomes
from mediabase_assets_tests.servers.running import OLDEST, installed

pytestmark = [pytest.mark.pg, pytest.mark.end_to_end, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def files(server, tmp_path_factory):
    return legacy_files(server, tmp_path_factory.mktemp("files"))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place[1]} into {place[0]}")
def test_every_command_does_what_it_has_to(server, files, tmp_path, place):
    found = [outcome for _, outcome in outcomes(server, files, tmp_path, (place,))]
    assert len(found) == 10
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
