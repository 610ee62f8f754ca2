"""The pages for readers: every block of the README runs, and every command, setting and link in the pages exists."""

import importlib.util
import itertools
import os
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import dagster as dg
import psycopg
import pytest
import typer
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

import mediabase_assets
from mediabase_assets.cli.app import app
from mediabase_assets.definitions import defs
from mediabase_assets.model.views import FUNCTIONS, VIEWS
from mediabase_assets.postgres.connect import client_tool, connect, libpq_env
from mediabase_assets.postgres.embedded import server
from mediabase_assets.settings.load import ENVIRONMENT, Settings, keys_without_effect, load_settings
from mediabase_assets_tests.fixtures.environment import clean_environment, forget_environment

TREE = Path(mediabase_assets.__file__).parents[1]
README = TREE / "README.md"
PAGES = [
    README,
    TREE / "docker" / "README.md",
    *sorted(f for name in ("mediabase_assets", "mediabase_assets_tests") for f in (TREE / name).rglob("README.md")),
]
#: Those that are not generated.
WRITTEN = [page for page in PAGES if page.parent.name != "grammar"]
MARKDOWN = MarkdownIt("commonmark").enable("table")
#: The first words of blocks that are not run here, and why.
NOT_RUN = {
    "python3 -m venv .venv": "installs the project, as .ci/run does; its last command makes the database of the other blocks",
    ".venv/bin/python -m pytest -n 2": "runs this test; .ci/run ends with it",
    "cd docker && ": "needs Docker; mediabase_assets_tests/docker runs these commands and those of the runbook without it",
    "export MB_POSTGRES_HOST": "needs a server of the reader; mediabase_assets_tests/servers runs the commands on those of the machine",
}
#: Options of the old script, which are commands now, and of other programs.
OTHER_OPTIONS = {"--status", "--rollback"}
#: An id that stands for that of the reader's migration.
EXAMPLE_ID = "20260101_120000"
SECONDS = 300


class Block(NamedTuple):
    """A fenced block."""

    language: str
    line: int
    text: str


def tokens(page: Path) -> list[Token]:
    return MARKDOWN.parse(page.read_text(encoding="utf-8"))


def blocks(page: Path) -> list[Block]:
    return [Block(t.info.strip(), t.map[0] + 1, t.content) for t in tokens(page) if t.type == "fence" and t.map]


def inline(page: Path, kind: str) -> Iterator[Token]:
    """Tokens of one kind in the texts, links included."""
    for token in tokens(page):
        yield from (child for child in token.children or () if child.type == kind)


def codes(page: Path) -> list[str]:
    return [" ".join(token.content.split()) for token in inline(page, "code_inline")]


def is_run(block: Block) -> bool:
    return not block.text.startswith(tuple(NOT_RUN))


def each_page(pages: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", pages, ids=lambda page: str(page.relative_to(TREE)))


class Reader:
    """Somebody in an empty folder with `mediabase` and `psql` on the PATH, who gives the commands of the README."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.settings: Settings = load_settings(home=self.home, database={"host": None})
        programs = folder / "bin"
        programs.mkdir()
        for name, command in (("mediabase", [sys.executable, "-m", "mediabase_assets.cli"]), ("psql", [str(client_tool("psql"))])):
            file = programs / name
            file.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
            file.chmod(0o755)
        configuration = folder / "config.yaml"
        configuration.write_text("require_user_confirmation: false\n")  # there is no terminal to answer in
        self.environment = clean_environment() | {
            "PATH": f"{programs}:{os.environ['PATH']}", "MEDIABASE_HOME": str(self.home), "MEDIABASE_CONFIG": str(configuration),
            "COLUMNS": "140", "PAGER": "cat",
        }  # fmt: skip

    def migrate(self) -> None:
        """Do the last command of the quick start, with the smallest demonstration; clients find its database from here on."""
        quick_start = next(block for block in blocks(README) if block.text.startswith("python3 -m venv"))
        command = quick_start.text.strip().rpartition(" && ")[2].removeprefix(".venv/bin/")
        assert command.startswith("mediabase migrate --demo")
        self.require(self.shell(f"{command} --demo-transcripts 1500"))
        self.environment |= {k: v for k, v in libpq_env(self.settings).items() if k.startswith("PG")}

    def value(self, query: str) -> str:
        with connect(self.settings, autocommit=True) as conn:
            row = conn.execute(psycopg.sql.SQL(query)).fetchone()
            return str(row[0])

    def shell(self, text: str) -> "subprocess.CompletedProcess[str]":
        return self.program("bash", "-euo", "pipefail", "-c", text)

    def program(self, *command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=SECONDS, check=False,
        )  # fmt: skip

    @staticmethod
    def require(done: "subprocess.CompletedProcess[str]") -> None:
        assert done.returncode == 0, done.stdout
        assert "Traceback" not in done.stdout

    def run(self, block: Block) -> None:
        """Do what the block says; its output has no error, and no query of it is without rows."""
        if block.language == "bash" and "mediabase ui" in block.text:
            self.serve(block.text)
        elif block.language == "bash":
            migration = self.value("select migration_id from mediabase_ops.releases order by released_at desc limit 1")
            self.require(self.shell(block.text.replace(EXAMPLE_ID, migration)))
        elif block.language == "sql":
            file = self.folder / "block.sql"
            file.write_text(block.text)
            done = self.program("psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", str(file))
            self.require(done)
            assert "(0 rows)" not in done.stdout, done.stdout
        elif block.language == "python":
            self.require(self.program(sys.executable, "-c", block.text))
        elif block.language == "r" and shutil.which("Rscript"):
            self.require(self.program("Rscript", "-e", block.text))

    def serve(self, text: str) -> None:
        """Give the commands, the last of which is `mediabase ui`, and end it by TERM as soon as it says its address."""
        port = server_port()
        command = re.sub(r"^mediabase ui\b", f"exec mediabase ui --port {port}", text, flags=re.M)
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", command], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        out = b""
        try:
            end = time.monotonic() + SECONDS
            while f"Dagster is at http://127.0.0.1:{port}".encode() not in out and time.monotonic() < end:
                if select.select([process.stdout], [], [], 1)[0]:
                    part = os.read(process.stdout.fileno(), 65536)
                    assert part, out.decode()
                    out += part
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=60)
            assert process.returncode == 0, (out + rest).decode()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate(timeout=60)


def server_port() -> int:
    """A port on which no process listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def reader() -> Iterator[Reader]:
    """A reader with a migrated demonstration."""
    folder = Path(tempfile.mkdtemp(prefix="mediabase-readme-"))
    folder.chmod(0o755)
    try:
        this = Reader(folder)
        this.migrate()
        yield this
    finally:
        server.remove(folder / "home")
        shutil.rmtree(folder)


@pytest.mark.pg
@pytest.mark.end_to_end
def test_every_block_runs_as_it_is_printed(reader: Reader) -> None:
    changed = "select transcript_id || ',' || dense_rank() over (order by gene_id) % 7 - 3 as line from transcripts"
    lines = reader.value(f"select string_agg(line, e'\\n') from ({changed}) as c")
    (reader.folder / "fold_changes.csv").write_text(f"transcript_id,log2_fold_change\n{lines}\n")
    failed = {}
    for block in sorted(filter(is_run, blocks(README)), key=lambda b: "mediabase rollback" in b.text):  # the way back comes last
        try:
            reader.run(block)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            failed[f"README.md, line {block.line}"] = str(error)
    assert not failed, "\n\n".join(f"{where}:\n{error}" for where, error in failed.items())
    assert reader.value("select to_regclass('genes') is null") == "True"


def test_every_block_has_a_language_and_what_is_not_run_is_there() -> None:
    found = blocks(README)
    assert {block.language for block in found} == {"bash", "sql", "python", "r", "yaml"}
    assert {name for name in NOT_RUN if any(block.text.startswith(name) for block in found)} == set(NOT_RUN)
    assert len([block for block in found if not is_run(block)]) == len(NOT_RUN)


def test_ci_runs_the_test_command_of_the_readme() -> None:
    command = next(block.text.strip() for block in blocks(README) if "-m pytest" in block.text)
    assert (TREE / ".ci" / "run").read_text().rstrip().endswith(command)


@each_page(PAGES)
def test_every_link_leads_somewhere(page: Path) -> None:
    for token in inline(page, "link_open"):
        target, _, anchor = str(token.attrs["href"]).partition("#")
        if target.startswith(("http://", "https://")):
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.relative_to(TREE)}: {token.attrs['href']}"
        assert not anchor or anchor in anchors(file), f"{page.relative_to(TREE)}: {token.attrs['href']}"


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    found: dict[str, int] = {}
    for token, heading in itertools.pairwise(tokens(page)):
        if token.type == "heading_open":
            text = "".join(c.content for c in heading.children or () if c.type in ("text", "code_inline"))
            slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
            name = f"{slug}-{found[slug]}" if slug in found else slug
            found[slug] = found.get(slug, 0) + 1
            found.setdefault(name, 1)
    return set(found)


def commands_of(page: Path) -> Iterator[list[str]]:
    """The words of every `mediabase …` of a page, in blocks and in the text."""
    lines = [line for block in blocks(page) if block.language == "bash" for line in block.text.splitlines()]
    for line in (*lines, *codes(page)):
        for part in re.split(r" && ", line):
            words = shlex.split(part, comments=True)
            if words and words[0].removeprefix(".venv/bin/") == "mediabase" and len(words) > 1:
                yield words[1:]


def options(command: Any) -> set[str]:
    """The options of a command."""
    return {"--help", *(option for parameter in command.params for option in parameter.opts)}


@each_page(WRITTEN)
def test_every_command_and_option_exists(page: Path) -> None:
    for words in commands_of(page):
        command = typer.main.get_command(app)
        while hasattr(command, "commands") and words:
            assert words[0] in command.commands, f"mediabase … {words}"
            command = command.commands[words.pop(0)]
        if command.name != "psql":  # what follows is psql's
            assert {word for word in words if word.startswith("--")} <= options(command), f"mediabase {command.name} {words}"


def test_every_option_in_the_text_exists() -> None:
    commands = [typer.main.get_command(app)]
    for command in commands:
        commands += getattr(command, "commands", {}).values()
    known = set().union(*map(options, commands)) | OTHER_OPTIONS
    assert {code.split()[0] for code in codes(README) if code.startswith("--")} <= known


@each_page(PAGES)
def test_every_module_that_is_run_exists(page: Path) -> None:
    for block in blocks(page):
        for name in re.findall(r"python3? -m ([\w.]+)", block.text):
            assert importlib.util.find_spec(name), f"{page.relative_to(TREE)}, line {block.line}: {name}"


def test_settings_and_variables_are_those_of_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_environment(monkeypatch)
    file = tmp_path / "config.yaml"
    examples = [block.text for block in blocks(README) if block.language == "yaml"]
    assert examples
    for text in examples:
        file.write_text(text)
        assert keys_without_effect(load_settings(file)) == {}
    written = set(re.findall(r"\b(?:MB|MEDIABASE)_[A-Z_]+", README.read_text()))
    assert written <= ENVIRONMENT.keys() | {"MEDIABASE_CONFIG"}


def test_every_view_function_job_schedule_and_sensor_is_named() -> None:
    text = README.read_text()
    repository = defs().get_repository_def()
    jobs = {name for name in repository.job_names if not name.startswith("__")}
    others = {s.name for s in (*repository.schedule_defs, *repository.sensor_defs)}
    names = {view.name for view in VIEWS} | set(FUNCTIONS) | jobs | others
    assert {name for name in names if not re.search(rf"\b{name}\b", text)} == set()


def test_the_configuration_of_the_job_rollback_is_valid() -> None:
    written = next(code for code in codes(README) if code.startswith("ops:"))
    assert dg.validate_run_config(defs().resolve_job_def("rollback"), yaml.safe_load(written))


@each_page(WRITTEN)
def test_lines_fit_a_terminal(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > 140 and not line.startswith("|")] == []
