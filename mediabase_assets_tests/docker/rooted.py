"""Processes in a root folder of their own, as a container has one, by the means of Linux alone: no engine is needed.

A root is a stack of folders over that of this machine, by overlayfs in a mount namespace of each process: what a process writes
comes into the topmost, and this machine's files stay as they are. Programs, data and homes of this machine that an image does not
have are hidden. Needs root and a kernel that allows it; `MISSING` says what is not there.
"""

import ctypes
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Folders of this machine that are not in a root.
HIDDEN = (
    "/root", "/home", "/work", "/mnt", "/media", "/opt", "/srv", "/run", "/tmp", "/usr/lib/postgresql", "/var/lib/postgresql",
    "/var/lib/mediabase", "/var/backups",
)  # fmt: skip
#: Programs of this machine that are not in a root either: those of PostgreSQL, and what builds and downloads.
ABSENT = ("psql", "pg_*", "createdb", "initdb", "gcc*", "g++*", "cc", "c++", "make", "git", "curl", "wget", "docker*", "chromium*")
#: Where an official image of Python has it.
PYTHON = "/usr/local"
_TOOLS = ("unshare", "mount", "chroot", "setpriv", "nsenter")
_CLONE_NEWNET = 0x40000000
#: Switches the loopback interface on, says so, and stays.
_HOLDER = """
import fcntl, socket, struct, time
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 1))
print(1, flush=True)
time.sleep(1e6)
"""


@dataclass(frozen=True)
class Root:
    """A stack of layers, the topmost first; `python` is what lies at /usr/local beneath them."""

    layers: tuple[Path, ...]
    python: Path

    def file(self, path: str) -> Path | None:
        """Where a file or folder of it is on this machine; None if no layer has it."""
        return next((found for layer in self.layers if os.path.lexists(found := in_layer(layer, path))), None)


def in_layer(layer: Path, path: str) -> Path:
    """Where a layer keeps what has this path in a root: what is hidden or of Python is kept apart."""
    place = next((p for p in (PYTHON, *HIDDEN) if path == p or path.startswith(f"{p}/")), "")
    return _kept(layer, place) / path.removeprefix(place).lstrip("/")


def _kept(layer: Path, place: str) -> Path:
    return layer / (place.strip("/").replace("/", "-") or "top") / "upper"


@dataclass(frozen=True)
class Place:
    """How a process is put into a root.

    Attributes:
        root: Where.
        folder: Of this machine, for what is needed meanwhile; it stays until the process has ended.
        environment: All its variables.
        user: Its uid, and that of its group.
        works_in: Its working folder.
        binds: What of this machine is to be seen there: place in the root to (path here, whether it is read-only).
        memory: Folders that are in memory, with their mode.
        scratch: Gets what it writes elsewhere; nothing can be written there without one.
        network: Process whose network it shares; that of this machine without one.
        is_privileged: Whether it keeps root's capabilities and may get more.
    """

    root: Root
    folder: Path
    environment: dict[str, str]
    user: int = 0
    works_in: str = "/"
    binds: dict[str, tuple[Path, bool]] = field(default_factory=dict)
    memory: dict[str, str] = field(default_factory=dict)
    scratch: Path | None = None
    network: int | None = None
    is_privileged: bool = True

    def start(self, command: Sequence[str], **options: Any) -> "subprocess.Popen[str]":
        """Start a program; options are those of `subprocess.Popen`."""
        top, empty = Path(tempfile.mkdtemp(dir=self.folder)), Path(tempfile.mkdtemp(dir=self.folder))
        for name in ("a", "b"):  # an overlay that cannot be written to has two layers at least
            (empty / name).mkdir()
        script = "\n".join(["set -e", *self._mounts(top, empty), self._entered(top)])
        network = [tool("nsenter"), f"--net=/proc/{self.network}/ns/net"] if self.network else []
        apart = [tool("unshare"), "--mount", "--propagation", "private", "/bin/sh", "-c", script, "sh"]
        return subprocess.Popen([*network, *apart, *command], env=self.environment, start_new_session=True, text=True, **options)

    def run(self, command: Sequence[str], seconds: float = 600) -> "subprocess.CompletedProcess[str]":
        """Run a program to its end."""
        process = self.start(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        out, _ = process.communicate(timeout=seconds)
        return subprocess.CompletedProcess(list(command), process.returncode, out)

    def require(self, command: Sequence[str], seconds: float = 600) -> str:
        """What a program says that has to succeed."""
        done = self.run(command, seconds)
        assert done.returncode == 0, f"{shlex.join(command)}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def _mounts(self, top: Path, empty: Path) -> Iterator[str]:
        mount = tool("mount")
        overlays = ["", PYTHON, *(place for place in HIDDEN if Path(place).is_dir())]
        for place in overlays:
            yield self._overlay(top, place, {"": [Path("/")], PYTHON: [self.root.python]}.get(place, []), empty)
        made = [f"[ -d {top}{place} ] || mkdir -p {top}{place}" for place in self.memory]
        for place, (source, _) in sorted(self.binds.items()):
            target = Path(f"{top}{place}")
            how = f"mkdir -p {target}" if source.is_dir() else f"{{ mkdir -p {target.parent}; touch {target}; }}"
            made.append(f"[ -e {target} ] || {how}")
        yield from made  # an engine makes the places of mounts, too
        if self.scratch is None:
            yield from (f"{mount} -o remount,ro {top}{place}" for place in overlays)
        yield f"{mount} --bind /proc {top}/proc"
        yield f"{mount} --rbind /dev {top}/dev"
        yield from (f"{mount} -t tmpfs -o mode={mode} tmpfs {top}{place}" for place, mode in self.memory.items())
        yield from made  # those in memory
        for place, (source, is_read_only) in sorted(self.binds.items()):
            yield f"{mount} --bind {shlex.quote(str(source))} {top}{place}"
            if is_read_only:
                yield f"{mount} -o remount,bind,ro {top}{place}"

    def _overlay(self, top: Path, place: str, beneath: list[Path], empty: Path) -> str:
        """What the layers have at a place, above what lies beneath."""
        lower = [*filter(Path.is_dir, (_kept(layer, place) for layer in self.root.layers)), *beneath, empty / "a", empty / "b"]
        options = f"lowerdir={':'.join(map(str, lower))}"
        upper = _kept(self.scratch or empty / "scratch", place)
        for folder in (upper, upper.with_name("work")):
            folder.mkdir(parents=True, exist_ok=True)
        options += f",upperdir={upper},workdir={upper.with_name('work')}"
        return f"{tool('mount')} -t overlay -o {options} overlay {top}{place}"

    def _entered(self, top: Path) -> str:
        """The last command of the script: into the root, and out of the privileges."""
        go = f'cd {shlex.quote(self.works_in)} && exec {shlex.join(self._less())} "$@"'
        return f'exec {tool("chroot")} {top} /bin/sh -c {shlex.quote(go)} sh "$@"'

    def _less(self) -> list[str]:
        """The program that gives the account and takes the privileges."""
        less = [tool("setpriv"), "--clear-groups", f"--reuid={self.user}", f"--regid={self.user}"]
        return [*less, *([] if self.is_privileged else ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]), "--"]

    def join(self, pid: int, command: Sequence[str], **options: Any) -> "subprocess.Popen[str]":
        """Start a program beside a process that runs, in the same root."""
        there = [tool("nsenter"), f"--target={pid}", "--mount", "--net", "--root", f"--wdns={self.works_in}"]
        return subprocess.Popen([*there, *self._less(), *command], env=self.environment, start_new_session=True, text=True, **options)


def tool(name: str) -> str:
    """The path of a program of this machine."""
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") or name


def _missing() -> str:
    if sys.platform != "linux":
        return "roots of their own are made by the means of Linux"
    if os.geteuid() != 0:
        return "only root can make a root of its own for a process"
    if absent := [name for name in _TOOLS if shutil.which(tool(name)) is None]:
        return f"{', '.join(absent)} is not installed"
    with tempfile.TemporaryDirectory() as name:
        for folder in ("upper", "work", "root"):
            (Path(name) / folder).mkdir()
        overlay = f"mount -t overlay -o lowerdir=/,upperdir={name}/upper,workdir={name}/work overlay {name}/root"
        done = subprocess.run([tool("unshare"), "--mount", "--net", "/bin/sh", "-c", overlay], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"this machine's kernel does not let us: {done.stderr.strip()}"


#: Why processes cannot have roots of their own here; empty if they can.
MISSING = _missing()


@contextmanager
def network() -> Iterator[int]:
    """A network of its own, without a way out; yields the process that holds it."""
    holder = subprocess.Popen([tool("unshare"), "--net", sys.executable, "-c", _HOLDER], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"1\n"
        yield holder.pid
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


@contextmanager
def within(network: int) -> Iterator[None]:
    """This thread's new connections are those of a network, as long as this lasts."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net") as before, open(f"/proc/{network}/ns/net") as there:  # noqa: PTH123
        assert libc.setns(there.fileno(), _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        try:
            yield
        finally:
            assert libc.setns(before.fileno(), _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
