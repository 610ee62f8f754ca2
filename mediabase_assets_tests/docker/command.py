"""The words of `docker compose` that the runbook uses, for `engine.py`; a word that it does not know is an error."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from mediabase_assets_tests.docker.engine import Engine


def main(arguments: list[str]) -> int:
    """Do one command; returns its exit code."""
    os.umask(0o022)  # an engine does not take over that of whoever gives the command
    engine = Engine.of(Path(arguments[0]))
    assert arguments[1] == "compose", f"docker {arguments[1]} is not known here"
    parser = argparse.ArgumentParser("docker compose", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up")
    up.add_argument("--detach", action="store_true", required=True)
    up.add_argument("--wait", action="store_true", required=True)
    up.add_argument("--force-recreate", action="store_true")
    down = commands.add_parser("down")
    down.add_argument("--volumes", action="store_true")
    for name in ("up", "stop", "restart", "logs", "build", "ps", "kill"):
        chosen = up if name == "up" else commands.add_parser(name)
        chosen.add_argument("services", nargs="*")
        if name == "logs":
            chosen.add_argument("--tail", type=int, default=100)
    execute, run = commands.add_parser("exec"), commands.add_parser("run")
    run.add_argument("--rm", action="store_true", required=True)
    run.add_argument("--entrypoint")
    for chosen in (execute, run):
        chosen.add_argument("--no-tty", action="store_true")
        chosen.add_argument("service")
        chosen.add_argument("words", nargs=argparse.REMAINDER)
    return _do(engine, parser.parse_args(arguments[2:]))


def _do(engine: Engine, given: argparse.Namespace) -> int:
    stdin = sys.stdin if getattr(given, "no_tty", False) else subprocess.DEVNULL
    through = {"stdin": stdin, "stdout": sys.stdout, "stderr": sys.stderr}
    if given.command == "exec":
        return engine.inside(given.service, given.words, **through).returncode
    if given.command == "run":
        return engine.once(given.service, given.words, given.entrypoint, **through).returncode
    if given.command == "down":
        engine.remove(volumes=given.volumes)
        return 0
    if given.command in ("stop", "kill", "restart") or getattr(given, "force_recreate", False):
        engine.stop(given.services, number=9 if given.command == "kill" else None)
    if given.command in ("up", "restart"):
        engine.up(given.services)
    if given.command == "logs":
        for name in given.services or engine.services:
            print("\n".join(f"{name}  | {line}" for line in engine.log(name).splitlines()[-given.tail :]))
    if given.command == "ps":
        print("\n".join(f"{name:<12} {engine.health(name) or 'healthy'}" for name in engine.services if engine.pid(name)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
