"""The runbook, docker/README.md, followed as it is printed: every block is run, with a program in place of `docker`."""

import itertools
import os
import re
import subprocess

import pytest
from markdown_it import MarkdownIt

from mediabase_assets_tests.cli.web import Web
from mediabase_assets_tests.docker import rooted
from mediabase_assets_tests.docker.conftest import ROWS
from mediabase_assets_tests.docker.engine import program
from mediabase_assets_tests.docker.image import TREE
from mediabase_assets_tests.fixtures.environment import clean_environment

RUNBOOK = TREE / "docker" / "README.md"
#: An id that stands for that of the reader's migration.
EXAMPLE_ID = "20260101_120000"


def blocks():
    """The commands, by the heading that they are under."""
    heading, found = "", {}
    tokens = MarkdownIt("commonmark").parse(RUNBOOK.read_text(encoding="utf-8"))
    for before, token in itertools.pairwise(tokens):
        if before.type == "heading_open":
            heading = token.content
        if token.type == "fence" and token.info == "bash":
            found.setdefault(heading, []).append(token.content)
    return found


def test_every_part_of_the_runbook_has_commands():
    assert [*blocks()] == [
        "First start", "Migrate", "Look at it", "Back up", "Roll back a migration", "Restore, and move to another host",
        "Upgrade the project", "Upgrade PostgreSQL", "Change a password", "When something is wrong", "The image",
    ]  # fmt: skip


def test_what_is_named_in_it_exists():
    text = RUNBOOK.read_text()
    services = {"postgres", "code", "webserver", "daemon", "mediabase"}
    named = set(re.findall(r"docker compose (?:exec|run|logs|restart)(?: --[\w-]+(?: \d+| tar)?)* (\w+)", text))
    assert named <= services | {"SERVICE"}
    assert len(named) > 3
    assert set(re.findall(r"\]\((pictures/\w+\.png)\)", text)) == {
        f"pictures/{f.name}" for f in (TREE / "docker" / "pictures").glob("*.png")
    }


@pytest.mark.pg
@pytest.mark.end_to_end
@pytest.mark.timeout(1800)
def test_the_runbook_is_followed_as_it_is_printed(engine):
    path = f"{program(engine.folder, engine)}:{os.environ['PATH']}"

    def follow(part, *, without="", number=slice(None)):
        said = ""
        for block in blocks()[part][number]:
            text = block.replace(without, "").replace("--demo ", f"--demo --demo-transcripts {ROWS} ")
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", text.replace(EXAMPLE_ID, migration)], cwd=engine.compose.parent, text=True,
                env=clean_environment() | {"PATH": path}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=600, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{part}: {text}\n{done.stdout}"
            said += done.stdout
        return said

    migration = ""
    assert follow("First start").count("healthy") == 4
    assert (engine.compose.parent / "secrets").stat().st_mode & 0o777 == 0o700
    migration = re.search(r"Migration (\S+) released in", follow("Migrate"))[1]
    genes = follow("Look at it")
    assert re.search(r"^ +[1-9]\d+$", genes, re.M)
    follow("Back up")
    copies = engine.compose.parent / "copies"
    assert {f.name for f in copies.iterdir() if f.stat().st_size > 10_000} == {"mbase.dump", "mbase_dagster.dump", "backups.tar"}
    assert "Back to the state before" in follow("Roll back a migration")
    assert re.search("released in|Nothing to do", follow("Restore, and move to another host"))
    assert "Nothing to do" in engine.once("mediabase", ["migrate", "--skip-confirmation"]).stdout
    assert follow("Look at it") == genes
    assert "Nothing to do" in follow("Upgrade the project")
    follow("Upgrade PostgreSQL")
    (engine.volume("database") / "18").rename(engine.volume("database") / "17")  # a new major version finds no folder of its own
    assert re.search("released in|Nothing to do", follow("Restore, and move to another host", without="docker compose down --volumes\n"))
    assert follow("Look at it") == genes
    before = (engine.compose.parent / "secrets" / "mediabase_password").read_text()
    follow("Change a password")
    assert (engine.compose.parent / "secrets" / "mediabase_password").read_text() != before
    assert "healthy" in follow("When something is wrong")
    assert "dumb-init" in follow("The image")
    with rooted.within(engine.network):
        assert "mediabase_assets" in str(Web(3000).ask("{ workspaceOrError { ... on Workspace { locationEntries { name } } } }"))
