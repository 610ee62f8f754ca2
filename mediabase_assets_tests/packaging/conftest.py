"""The project's wheel, built from a copy of the tree, and an environment of its own in which it is installed."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import mediabase_assets
from mediabase_assets.postgres.embedded import server

TREE = Path(mediabase_assets.__file__).parents[1]
#: What pip says where no index answers; anything else that fails is a fault of the project.
NO_INDEX = ("could not find a version that satisfies the requirement setuptools", "failed to establish a new connection", "proxyerror")


@dataclass(frozen=True)
class Installed:
    """The wheel in an environment of its own, and an empty folder to work in."""

    python: Path
    folder: Path

    @property
    def environment(self) -> Mapping[str, str]:
        ours = ("MB_", "PG", "MEDIABASE_", "DAGSTER_", "PYTHON", "CI")
        return {k: v for k, v in os.environ.items() if not k.startswith(ours)} | {"COLUMNS": "200"}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """A program of the environment, or `python` with arguments."""
        program = self.python.with_name(arguments[0])
        return subprocess.Popen(
            [str(program), *arguments[1:]], cwd=self.folder, env=self.environment, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip

    def run(self, *arguments: str) -> str:
        """What a program says that has to succeed."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=600)
        assert process.returncode == 0, out + err
        return out + err


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by pip; skipped only where no index has setuptools for it."""
    if importlib.util.find_spec("pip") is None:
        pytest.skip("this environment has no pip")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "dagster.yaml", "workspace.yaml"):
        shutil.copy(TREE / name, source)
    for name in ("mediabase_assets", "mediabase_assets_tests"):
        shutil.copytree(TREE / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode and any(words in said.lower() for words in NO_INDEX):
        pytest.skip("no package index answers, and the wheel needs setuptools to be built")
    assert done.returncode == 0, said
    return next(folder.glob("mediabase_assets-*.whl"))


@pytest.fixture(scope="session")
def installed(wheel: Path) -> Iterator[Installed]:
    """The wheel in a fresh environment; what it depends on is that of this one, which saves minutes and needs no index."""
    parent = Path(tempfile.mkdtemp(prefix="mediabase-wheel-"))
    parent.chmod(0o755)
    try:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(parent / "environment")], check=True)
        python = parent / "environment" / "bin" / "python"
        install = ["install", "--quiet", "--no-deps", "--no-index", str(wheel)]
        subprocess.run([sys.executable, "-m", "pip", "--python", str(python), *install], check=True)
        packages = Path(sysconfig.get_path("purelib", vars={"base": str(parent / "environment")}))
        (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
        empty = parent / "empty"
        empty.mkdir()
        yield Installed(python, empty)
    finally:
        server.remove(parent / "empty" / ".mediabase")
        shutil.rmtree(parent)
