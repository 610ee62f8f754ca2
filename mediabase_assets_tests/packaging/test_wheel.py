"""The wheel, installed in an environment of its own and used from an empty folder: everything works as in the tree."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import psutil
import pytest

from mediabase_assets_tests.packaging.conftest import TREE

pytestmark = pytest.mark.wheel
KEYS = "from mediabase_assets.definitions import defs; print(sorted(s.key.to_user_string() for s in defs().resolve_all_asset_specs()))"
HEALTH = """{ assetNodes { assetKey { path } } workspaceOrError { ... on Workspace {
  locationEntries { loadStatus locationOrLoadError { __typename } } } } }"""


def files_of_the_tree():
    package = TREE / "mediabase_assets"
    return {str(f.relative_to(TREE)) for f in package.rglob("*") if f.is_file() and "__pycache__" not in f.parts}


def test_it_holds_every_file_of_the_package_the_instance_and_nothing_else(wheel):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    data = {name for name in names if ".data/" in name}
    assert names - data == files_of_the_tree()
    assert {name.partition(".data/")[2] for name in data} == {"data/share/mediabase/dagster.yaml"}


def test_the_installed_definitions_are_those_of_the_tree(installed):
    where = installed.run("python", "-c", "import mediabase_assets; print(mediabase_assets.__file__)")
    assert str(installed.python.parents[1]) in where
    here = subprocess.run([os.sys.executable, "-W", "ignore", "-c", KEYS], cwd=TREE, capture_output=True, text=True, check=True)
    there = installed.run("python", "-W", "ignore", "-c", KEYS)
    assert there == here.stdout
    assert there.count("normalized/") > 10


def test_dagster_finds_them_valid(installed):
    said = installed.run("python", "-m", "dagster", "definitions", "validate", "-m", "mediabase_assets.definitions")
    assert "Validation successful for code location mediabase_assets.definitions" in said
    assert "Traceback" not in said


@pytest.mark.pg
@pytest.mark.end_to_end
@pytest.mark.timeout(1800)
def test_every_command_works_from_an_empty_folder(installed):
    done = installed.run("mediabase", "migrate", "--demo", "--demo-transcripts", "1500", "--skip-confirmation")
    migration = re.search(r"Migration (\S+) released in", done)[1]
    assert (installed.folder / ".mediabase" / "postgres").is_dir()
    assert re.search(r"public\.genes +[\d,]+", installed.run("mediabase", "status"))
    assert "No run is going on." in installed.run("mediabase", "status", "--watch")
    assert "Nothing to do" in installed.run("mediabase", "migrate", "--skip-confirmation")
    assert "A dry run: nothing was released" in installed.run("mediabase", "migrate", "--dry-run")
    assert "Nothing of the test is left." in installed.run("mediabase", "migrate", "--test-only")
    assert "Back to the state before" in installed.run("mediabase", "rollback", migration, "--skip-confirmation")
    assert installed.run("mediabase", "db", "psql", "-Atc", "select to_regclass('genes') is null").strip() == "t"
    assert "Stopped." in installed.run("mediabase", "db", "stop")
    assert "running, process" in installed.run("mediabase", "db", "start")


@pytest.mark.pg
@pytest.mark.end_to_end
@pytest.mark.parametrize(
    "command",
    [("mediabase", "ui", "--port"), ("python", "-m", "dagster", "dev", "-m", "mediabase_assets.definitions", "--port")],
    ids=["mediabase ui", "dagster dev"],
)
def test_the_web_ui_shows_the_assets_and_ends(installed, command):
    port = free_port()
    process = installed.start(*command, str(port))
    said = []
    readers = [threading.Thread(target=said.extend, args=(stream,), daemon=True) for stream in (process.stdout, process.stderr)]
    for reader in readers:
        reader.start()
    try:
        health = until_well(port, process)
        while command[0] == "mediabase" and "Dagster is at" not in "".join(said) and process.poll() is None:
            time.sleep(0.1)  # until it has seen that itself
        assert ["normalized", "genes"] in [node["assetKey"]["path"] for node in health["assetNodes"]]
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0, said
        assert psutil.wait_procs(children, timeout=30)[1] == []
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=60)
        for reader, stream in zip(readers, (process.stdout, process.stderr), strict=True):
            reader.join(timeout=10)
            stream.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_well(port, process):
    """The web server's answer as soon as the definitions are loaded."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql", json.dumps({"query": HEALTH}).encode(), {"Content-Type": "application/json"}
    )
    end = time.monotonic() + 150
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                found = json.load(answer)["data"]
        except (urllib.error.URLError, OSError):
            found = None
        entries = (found or {}).get("workspaceOrError", {}).get("locationEntries", [])
        if [(e["loadStatus"], (e["locationOrLoadError"] or {}).get("__typename")) for e in entries] == [("LOADED", "RepositoryLocation")]:
            return found
        time.sleep(0.5)
    raise AssertionError(f"the web server was not well; exit code {process.poll()}")


@contextlib.contextmanager
def broken(installed, name, change):
    """A file of the installed package, changed; `change` gives its new text, or None where the file is to be missing."""
    file = next((installed.python.parents[1]).glob(f"lib/python*/site-packages/mediabase_assets/{name}"))
    text = file.read_text()
    after = change(text)
    assert after != text
    file.unlink()
    if after is not None:
        file.write_text(after)
    try:
        yield
    finally:
        file.write_text(text)


@pytest.mark.pg
@pytest.mark.end_to_end
@pytest.mark.timeout(1200)
def test_a_mistake_in_the_code_of_a_step_is_told_in_three_lines(installed):
    mistake = "def rehearse(*_):\n    return {}['planted']\n\n\ndef _as_it_was("
    with broken(installed, "schema/versions.py", lambda text: text.replace("def rehearse(", mistake)):
        process = installed.start("mediabase", "migrate", "--demo", "--demo-transcripts", "1500", "--skip-confirmation", "--everything")
        out, err = process.communicate(timeout=600)
    assert (process.returncode, err) == (1, "")
    assert not re.search(r"Traceback|DagsterExecution|File \"", out)
    lines = re.search(
        r"Failed: schema/normalized_schema\n  Something unexpected happened: KeyError: 'planted'\.\n"
        r"    where: schema/normalized_schema, mediabase_assets/schema/versions\.py, line \d+ \(rehearse\)\n"
        r"    next:  Send (\S+) to the maintainers",
        out,
    )
    assert lines, out
    assert "KeyError: 'planted'" in Path(lines[1]).read_text()


@pytest.mark.parametrize("name", ["views/sql/gene_summary_view.sql", "defs/release/assets.py"])
def test_a_part_of_the_package_that_is_missing_or_broken_is_told(installed, name):
    with broken(installed, name, lambda text: "raise KeyError('planted')\n" if name.endswith(".py") else None):
        process = installed.start("mediabase", "migrate", "--demo", "--demo-transcripts", "1500", "--skip-confirmation")
        out, err = process.communicate(timeout=600)
    assert process.returncode == 1, out + err
    assert "Traceback" not in out + err
    expected = "Something unexpected happened" if name.endswith(".py") else "A part of the package is missing: install it again"
    assert expected in err
