"""Builds the image without an engine: every step of the Dockerfile is done, in a root of its own, and what results is described.

The base image is stood in for by this machine, with an interpreter at /usr/local and nothing of what `rooted.HIDDEN` names. One step
may be stood in for, too: that which downloads the packages, by those of the environment that the tests run in.
"""

import importlib.metadata
import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import mediabase_assets
from mediabase_assets_tests.docker.dockerfile import Stage, Step, context, filled, read
from mediabase_assets_tests.docker.rooted import ABSENT, Place, Root, in_layer

TREE = Path(mediabase_assets.__file__).parents[1]
DOCKERFILE = TREE / "docker" / "Dockerfile"
#: How the step begins that installs what the project depends on.
DOWNLOADS = "pip --python /opt/mediabase/bin/python install --only-binary"
#: Where the packages of this environment are seen, where they stand in.
PACKAGES = "/srv/packages"
#: What pip says where no index answers.
_NO_INDEX = ("no matching distribution found for setuptools", "failed to establish a new connection", "proxyerror")
_PATH = "/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin"
#: A program as pip makes it: what it imports again, for a process that it starts, does nothing.
_PROGRAM = """#!/opt/mediabase/bin/python
import sys
from {module} import {name}
if __name__ == "__main__":
    sys.exit({name}())
"""
_PIP = "#!/usr/local/bin/python3\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n"


@dataclass
class Image:
    """What a Dockerfile makes: a root, and how processes are started in it."""

    folder: Path
    root: Root
    environment: dict[str, str]
    user: int
    works_in: str
    entrypoint: list[str]
    command: list[str]
    healthcheck: list[str]
    signal: str
    labels: dict[str, str]
    packages: dict[str, tuple[Path, bool]] = field(default_factory=dict)

    def place(self, **changes: object) -> Place:
        """Where a process of the image works."""
        values: dict[str, object] = {
            "root": self.root, "folder": self.folder, "environment": self.environment, "user": self.user, "works_in": self.works_in,
            "is_privileged": False,
        }  # fmt: skip
        values |= changes
        values["memory"] = {"/tmp": "1777"} | dict(changes.get("memory", {}))  # type: ignore[call-overload]
        values["binds"] = self.packages | dict(changes.get("binds", {}))  # type: ignore[call-overload]
        return Place(**values)  # type: ignore[arg-type]


def interpreter(version: str) -> Path | None:
    """The prefix of an interpreter of that minor version: that of the tests, or another one on this machine."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return Path(sys.base_prefix)
    found = [*Path("/root/.pyenv/versions").glob(f"{version}.*"), *Path("/opt/python").glob(f"{version}*")]
    if found:
        return sorted(found)[-1]
    on_path = shutil.which(f"python{version}")
    if on_path is None:
        return None
    asked = subprocess.run([on_path, "-c", "import sys; print(sys.base_prefix)"], capture_output=True, text=True, check=False)
    return Path(asked.stdout.strip()) if asked.returncode == 0 else None


def build(folder: Path, *, python: Path, downloads: bool) -> Image:
    """Do the steps of the Dockerfile.

    Args:
        folder: Gets the layers.
        python: Prefix of the interpreter that stands in for that of the base image.
        downloads: Whether the packages are downloaded; those of the tests stand in for them otherwise.
    """
    base = _base(folder, python)
    stages = {}
    for number, stage in enumerate(read(DOCKERFILE)):
        assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", stage.base), stage.base
        layer = folder / f"stage{number}"
        done = _Stage(stage, Root((base,), python), layer, folder, {} if downloads else _packages_here())
        for step in stage.steps:
            done.do(step, stages)
        stages[stage.name] = done
    return done.image()


def _base(folder: Path, python: Path) -> Path:
    """The layer that makes this machine look like the base image."""
    layer = folder / "base"
    programs = in_layer(layer, "/usr/local/bin")
    programs.mkdir(parents=True)
    (programs / "pip").write_text(_PIP)
    (programs / "pip").chmod(0o755)
    for name in ("python", "python3"):
        version = next(p.name for p in (python / "bin").glob("python3.*") if re.fullmatch(r"python3\.\d+", p.name))
        (programs / name).symlink_to(version)
    usr_bin = in_layer(layer, "/usr/bin")
    usr_bin.mkdir(parents=True)
    for program in {p.name for pattern in ABSENT for p in Path("/usr/bin").glob(pattern)}:
        os.mknod(usr_bin / program, stat.S_IFCHR, 0)  # how overlayfs says that a layer has no such file
    place = Place(Root((), python), folder, {"PATH": _PATH}, scratch=layer)
    place.require(["ldconfig"])
    return layer


def _packages_here() -> dict[str, tuple[Path, bool]]:
    """The folders of the packages of this environment, each as it is seen in the root."""
    folders = [Path(p) for p in sys.path if p.endswith("-packages") and Path(p).is_dir()]
    return {f"{PACKAGES}/{number}": (folder, True) for number, folder in enumerate(folders)}


class _Stage:
    """A stage that is being built."""

    def __init__(self, stage: Stage, base: Root, layer: Path, folder: Path, packages: dict[str, tuple[Path, bool]]) -> None:
        self.stage, self.base, self.layer, self.folder, self.packages = stage, base, layer, folder, packages
        self.environment = {"PATH": _PATH}
        self.arguments: dict[str, str] = {}
        self.works_in, self.user = "/", 0
        layer.mkdir()

    def do(self, step: Step, stages: "dict[str, _Stage]") -> None:
        """One step."""
        match step.name:
            case "ARG":
                self.arguments |= step.pairs
            case "ENV":
                self.environment |= {k: filled(v, self.environment) for k, v in step.pairs.items()}
            case "WORKDIR":
                self.works_in = step.text
                in_layer(self.layer, step.text).mkdir(parents=True, exist_ok=True)
            case "USER":
                self.user = int(step.text.partition(":")[0])
            case "RUN":
                self._run(step.text)
            case "COPY":
                source = stages[step.options["from"]] if "from" in step.options else None
                self._copy(step.words, source)

    def _run(self, command: str) -> None:
        if command.startswith(DOWNLOADS) and self.packages:
            self._stand_in()
            return
        ours = {k: v for k, v in os.environ.items() if k.startswith(("PIP_", "SSL_")) or k.lower().endswith("_proxy")}
        environment = {"HOME": "/root"} | ours | self.arguments | self.environment
        place = Place(
            Root(self.base.layers, self.base.python), self.folder, environment, self.user, self.works_in, self.packages,
            {"/tmp": "1777"}, self.layer,
        )  # fmt: skip
        done = place.run(["/bin/sh", "-c", command])
        if done.returncode and any(words in done.stdout.lower() for words in _NO_INDEX):
            pytest.skip("no package index answers, and the image needs setuptools to be built")
        assert done.returncode == 0, f"{command}\n{done.stdout}"

    def _copy(self, words: list[str], source: "_Stage | None") -> None:
        """Copy as COPY does: the content of a folder, a file by its name; from the files that an engine gets, or another stage."""
        *sources, target = words
        for name in sources:
            to = in_layer(self.layer, str(Path(self.works_in) / target))
            if source is not None:
                found = Root((source.layer,), source.base.python).file(name)
                assert found is not None, f"the stage {source.stage.name} has no {name}"
                to.parent.mkdir(parents=True, exist_ok=True)
                subprocess.run(["cp", "--archive", "--link", str(found), str(to)], check=True)
                continue
            prefix = Path(name)
            files = [file for file in context(TREE) if file == prefix or prefix in file.parents]
            assert files, f"no file {name} reaches the engine"
            for file in files:
                is_file = file == prefix
                place = to / file.name if is_file and target.endswith("/") else to if is_file else to / file.relative_to(prefix)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(TREE / file, place)

    def _stand_in(self) -> None:
        """The packages of this environment, and their programs, instead of downloaded ones."""
        environment = in_layer(self.layer, "/opt/mediabase")
        site = next(environment.glob("lib/python3*/site-packages"))
        (site / "packages.pth").write_text("".join(f"{place}\n" for place in self.packages))
        for script in importlib.metadata.entry_points(group="console_scripts"):
            module, _, name = script.value.partition(":")
            if script.name != "mediabase" and name.isidentifier():
                program = environment / "bin" / script.name
                program.write_text(_PROGRAM.format(module=module, name=name))
                program.chmod(0o755)
        dumb_init = shutil.which("dumb-init", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        assert dumb_init, "the tests' environment has dumb-init"
        shutil.copy(dumb_init, environment / "bin" / "dumb-init")

    def image(self) -> Image:
        """What has been built, as the last stage."""

        def last(name: str) -> Step:
            return self.stage.all(name)[-1]

        check = last("HEALTHCHECK").text.removeprefix("CMD ")
        labels = {k: v for step in self.stage.all("LABEL") for k, v in step.pairs.items()}
        return Image(
            self.folder, Root((self.layer, *self.base.layers), self.base.python), self.environment, self.user, self.works_in,
            last("ENTRYPOINT").words, last("CMD").words, Step("CMD", {}, check).words, last("STOPSIGNAL").text,
            {k: filled(v, self.arguments) for k, v in labels.items()}, self.packages,
        )  # fmt: skip
