"""A Python module run in a process that ends when the process which started it does, also by `kill -9`.

The standard input of such a process is a pipe to which nothing is ever written. The system closes it when the parent ends,
however that happens, on Linux and macOS alike. Run as `python -m mediabase_assets.cli.attended SECONDS MODULE ARGUMENTS…`,
where 0 seconds mean that the process has all the time that it wants after TERM.
"""

import os
import runpy
import signal
import sys
import threading
import time


def command(module: str, *arguments: str, seconds: float) -> list[str]:
    """The command that runs a module so; its standard input has to be a pipe.

    Args:
        module: What is run, as by `python -m`.
        arguments: What it is given.
        seconds: How long it may take to end after TERM before it is killed; 0 is without limit.
    """
    return [sys.executable, "-P", "-m", __name__, str(seconds), module, *arguments]


def _end_with_parent(pipe: int, seconds: float) -> None:
    """Wait until the other end of the pipe is closed, then end this process as a parent would."""
    while os.read(pipe, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    if seconds:
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGKILL)


def _main() -> None:
    """Hide the pipe from the module and its children, which must not wait for input, and run the module."""
    pipe = os.dup(sys.stdin.fileno())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, sys.stdin.fileno())
    os.close(nothing)
    seconds, module, *arguments = sys.argv[1:]
    threading.Thread(target=_end_with_parent, args=(pipe, float(seconds)), name="end-with-parent", daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
