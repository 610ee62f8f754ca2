"""Does what `docker compose` does with the project's compose file, without an engine: services are processes in roots of their own.

A program in place of `docker`, so that the commands of the runbook are followed as they are printed:
`python -m mediabase_assets_tests.docker.command FOLDER compose up --detach --wait`. The folder holds the image, volumes and logs. The
compose file is read by Docker Compose's own program. All services share a network without a way out. The image of PostgreSQL is stood in
for by the programs of the embedded server and `postgres.sh`, which does what the entrypoint of that image does. Contains the services;
the words of the command line are in `command.py`.
"""

import contextlib
import functools
import json
import os
import pickle
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from mediabase_assets.postgres.embedded.binaries import WHEEL
from mediabase_assets_tests.docker.image import PACKAGES, TREE, Image
from mediabase_assets_tests.docker.rooted import Place, tool

#: Seconds in which a service has to be well.
PATIENCE = 120.0
#: What this process has started, and has to wait for.
_started: "list[subprocess.Popen[str]]" = []
_POSTGRES = Path(__file__).with_name("postgres.sh")


def compose_program() -> str | None:
    """Docker Compose's own program, which reads compose files without an engine; None if it is not installed."""
    import sys

    return shutil.which("docker-compose", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")


def configuration(file: Path) -> dict[str, Any]:
    """The compose file as Docker Compose understands it: variables, anchors and defaults replaced."""
    return _configuration(file, file.stat().st_mtime_ns)


@functools.cache
def _configuration(file: Path, _changed: int) -> dict[str, Any]:
    program = compose_program()
    assert program is not None
    command = [program, "--file", str(file), "--profile", "tools", "config", "--format", "json"]
    return dict(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


@dataclass
class Engine:
    """The services of a compose file in a folder of this machine.

    Attributes:
        folder: For volumes, logs and process numbers, on a disk.
        image: The project's image.
        network: The process that holds the network.
        compose: The compose file, beside which the secrets are.
    """

    folder: Path
    image: Image
    network: int
    compose: Path

    def save(self) -> None:
        """So that another process finds it."""
        (self.folder / "engine.pickle").write_bytes(pickle.dumps(self))

    @staticmethod
    def of(folder: Path) -> "Engine":
        """The engine of a folder."""
        found = pickle.loads((folder / "engine.pickle").read_bytes())
        assert isinstance(found, Engine)
        return found

    @property
    def services(self) -> dict[str, Any]:
        """Every service, also those of profiles."""
        return dict(configuration(self.compose)["services"])

    def build(self) -> None:
        """The image is built by whoever makes the engine."""

    def up(self, names: Sequence[str] = ()) -> None:
        """Start services and what they depend on, each when those are well, and wait until all are."""
        services = self.services
        wanted = list(names) or [n for n, s in services.items() if not s.get("profiles")]
        for name in wanted:
            self._start(name, services)
        for name in wanted:
            self.wait_for(name)

    def _start(self, name: str, services: dict[str, Any]) -> None:
        for other, how in services[name].get("depends_on", {}).items():
            self._start(other, services)
            assert how["condition"] == "service_healthy"
            self.wait_for(other)
        if self.pid(name) is None:
            with (self.folder / f"{name}.log").open("a") as log:
                process = self._place(name).start(self._command(name), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            (self.folder / f"{name}.pid").write_text(str(process.pid))
            _started.append(process)

    def wait_for(self, name: str) -> None:
        """Wait until a service is well, as its health check says."""
        end = time.monotonic() + PATIENCE
        while (said := self.health(name)) and time.monotonic() < end:
            assert self.pid(name), f"{name} ended:\n{self.log(name)[-3000:]}"
            time.sleep(0.3)
        assert not said, f"{name} is not well: {said}\n{self.log(name)[-3000:]}"

    def health(self, name: str) -> str:
        """What the health check of a service says; empty if it is well."""
        check = self.services[name].get("healthcheck", {})
        if check.get("disable") or not check:
            return ""
        kind, *command = check["test"]
        assert kind == "CMD"
        done = self.inside(name, command)
        return "" if done.returncode == 0 else done.stdout.strip() or f"code {done.returncode}"

    def inside(self, name: str, command: Sequence[str], **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run a program in the root of a service, as `exec` does; its output is kept unless options say otherwise."""
        kept = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} | options
        process = self._place(name).join(self._running(name), command, **kept)
        out, _ = process.communicate(timeout=600)
        return subprocess.CompletedProcess(list(command), process.returncode, out)

    def _running(self, name: str) -> int:
        pid = self.pid(name)
        assert pid is not None, f"{name} does not run:\n{self.log(name)[-3000:]}"
        return pid

    def once(
        self, name: str, arguments: Sequence[str], entrypoint: str | None = None, **options: Any
    ) -> "subprocess.CompletedProcess[str]":
        """Run a service's program once with other arguments, as `run --rm` does."""
        services = self.services
        for other in services[name].get("depends_on", {}):
            self._start(other, services)
            self.wait_for(other)
        first = [entrypoint] if entrypoint else services[name].get("entrypoint") or self.image.entrypoint
        words = [*first, *(arguments or services[name].get("command") or [])]
        kept = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} | options
        process = self._place(name).start(words, **kept)
        out, _ = process.communicate(timeout=600)
        return subprocess.CompletedProcess(words, process.returncode, out)

    def stop(self, names: Sequence[str] = (), number: int | None = None) -> None:
        """Stop services as an engine does: the signal of each to its first process, KILL after its time."""
        services = self.services
        for name in reversed(list(names) or list(services)):
            pid = self.pid(name)
            if pid is None:
                continue
            process = psutil.Process(pid)
            everything = [process, *process.children(recursive=True)]
            asked = number or signal.Signals[services[name].get("stop_signal") or self.image.signal]
            for one in everything if number == signal.SIGKILL else everything[:1]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.send_signal(asked)
            gone, left = psutil.wait_procs([process], timeout=_seconds(services[name].get("stop_grace_period", "10s")))
            for one in [*left, *(everything if not gone else everything[1:])]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()  # the root and what is in it end with the first process
            psutil.wait_procs(everything, timeout=10)
            for one in [process for process in _started if process.pid == pid]:
                one.wait()
                _started.remove(one)
            (self.folder / f"{name}.pid").unlink()

    def remove(self, *, volumes: bool = False) -> None:
        """Stop everything, and forget the volumes if that is said."""
        self.stop()
        if volumes:
            shutil.rmtree(self.folder / "volumes", ignore_errors=True)

    def pid(self, name: str) -> int | None:
        """The first process of a service that runs."""
        file = self.folder / f"{name}.pid"
        with contextlib.suppress(OSError, ValueError, psutil.NoSuchProcess):
            pid = int(file.read_text())
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                return pid
        return None

    def processes(self, name: str) -> Iterator[psutil.Process]:
        """All processes of a service that runs."""
        pid = self.pid(name)
        if pid is not None:
            yield psutil.Process(pid)
            yield from psutil.Process(pid).children(recursive=True)

    def log(self, name: str) -> str:
        """What a service has printed."""
        file = self.folder / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def volume(self, name: str) -> Path:
        """Where a volume is."""
        return self.folder / "volumes" / name

    def environment(self, name: str) -> dict[str, str]:
        """The variables of a service: those of the image, then its own."""
        own = {k: str(v) for k, v in (self.services[name].get("environment") or {}).items()}
        if self._is_postgres(name):
            return {
                "PATH": f"{self._postgres_programs()}:/usr/bin:/bin",
                "PGDATA": "/var/lib/postgresql/18/docker",
                "PGHOST": "/run/postgresql",
            } | own
        return self.image.environment | own

    def _command(self, name: str) -> list[str]:
        service = self.services[name]
        if self._is_postgres(name):
            return ["bash", "/usr/local/bin/docker-entrypoint.sh", *service["command"]]
        return [*(service.get("entrypoint") or self.image.entrypoint), *(service.get("command") or self.image.command)]

    def _is_postgres(self, name: str) -> bool:
        return str(self.services[name]["image"]).startswith("postgres:")

    def _postgres_programs(self) -> str:
        return next(f"{place}/{WHEEL}/pginstall/bin" for place, (here, _) in self._packages().items() if (here / WHEEL).is_dir())

    def _packages(self) -> dict[str, tuple[Path, bool]]:
        """Where the programs of the embedded server are seen."""
        import importlib.util

        spec = importlib.util.find_spec(WHEEL)
        assert spec is not None
        return {f"{PACKAGES}/postgres": (Path(next(iter(spec.submodule_search_locations or []))).parent, True)}

    def _place(self, name: str) -> Place:
        """Where the processes of a service are: its user, what it may write to, and what is in memory."""
        service, binds, memory = self.services[name], {}, {}
        for volume in service.get("volumes", []):
            binds[volume["target"]] = (self._volume_for(volume, service), bool(volume.get("read_only")))
        secrets = configuration(self.compose)["secrets"]
        for secret in service.get("secrets", []):
            binds[secret.get("target") or f"/run/secrets/{secret['source']}"] = (Path(secrets[secret["source"]]["file"]), True)
        for entry in service.get("tmpfs", []):
            place, _, options = entry.partition(":")
            memory[place] = dict(o.split("=") for o in options.split(",") if o).get("mode", "1777")
        hosts = self.folder / "hosts"
        _keep(hosts, "127.0.0.1 localhost " + " ".join(self.services) + "\n")
        binds["/etc/hosts"] = (hosts, True)
        user = int(str(service.get("user") or self.image.user).partition(":")[0])
        if self._is_postgres(name):
            accounts = self.folder / "passwd"
            _keep(accounts, f"root:x:0:0::/root:/bin/bash\npostgres:x:{user}:{user}::/var/lib/postgresql:/bin/bash\n")
            binds["/etc/passwd"] = (accounts, True)
            binds |= self._packages() | {"/usr/local/bin/docker-entrypoint.sh": (_POSTGRES, True)}
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        return self.image.place(
            environment=self.environment(name), user=user, binds=binds, memory=memory, network=self.network,
            works_in="/" if self._is_postgres(name) else self.image.works_in,
        )  # fmt: skip

    def _volume_for(self, volume: dict[str, Any], service: dict[str, Any]) -> Path:
        """A bind's own folder; or that of a volume, which is made as the image has it, as an engine does."""
        if volume["type"] == "bind":
            return Path(volume["source"])
        folder = self.volume(volume["source"])
        if not folder.exists():
            folder.mkdir(parents=True)
            inside = None if str(service["image"]).startswith("postgres:") else self.image.root.file(volume["target"])
            owner = int(str(service.get("user") or self.image.user).partition(":")[0])
            status = inside.stat() if inside else None
            os.chown(folder, status.st_uid if status else owner, status.st_gid if status else owner)
            folder.chmod(status.st_mode & 0o7777 if status else 0o755)
        return folder


def _keep(file: Path, text: str) -> None:
    """Write a file once: processes that run read it at any moment."""
    if not file.exists():
        file.write_text(text)


def _seconds(text: str) -> float:
    """Seconds of a duration such as 10m0s."""
    units = {"h": 3600, "m": 60, "s": 1}
    number, total = "", 0.0
    for character in text:
        if character in units:
            total += float(number) * units[character]
            number = ""
        else:
            number += character
    return total


def program(folder: Path, engine: Engine) -> Path:
    """A program `docker` in a folder of its own, to be put on the PATH."""
    import sys

    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "mediabase_assets_tests.docker.command", str(engine.folder)]
    file = programs / "docker"
    file.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(TREE))} exec {shlex.join(command)} "$@"\n')
    file.chmod(0o755)
    assert tool("docker")
    return programs
