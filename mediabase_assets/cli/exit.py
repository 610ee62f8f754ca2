"""How a command ends: with an exit code, and in words whatever happened; a traceback never reaches the terminal.

Contains the one place through which every command ends. A `MediabaseError` is printed as it is; an error of the server or of
the operating system by what it means; any other is unexpected and printed in three lines, with a file of details to be sent.
"""

import errno
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediabase_assets.cli.error_details import RECENT, Recorder, sentence_to_send, without_secrets
from mediabase_assets.cli.output import LOST_OUTPUT, Exit, print_error, terminal
from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.postgres.foreign_errors import explained
from mediabase_assets.runs.log_file import UtcFormatter

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_PACKAGE = Path(__file__).parents[1]
_LONGEST = 300
_beside: list[BaseException] = []


def ended(work: Callable[[], int]) -> int:
    """Do a command's work and return its exit code; an error that ends it is printed on standard error.

    Args:
        work: Returns an exit code.
    """
    try:
        code = work()
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001  # nothing catches what passes here: it would be a traceback
        code = report(error)
    if _beside:
        code = max(code, report(*_beside))
        _beside.clear()
    return Exit.FAILED if LOST_OUTPUT and code == Exit.OK else code


def report(*errors: BaseException) -> Exit:
    """Print what happened on standard error, and return the exit code that it means.

    Args:
        errors: What happened; of several the first one is printed, and all are in the file of details.
    """
    error = errors[0]
    try:
        if _is_interruption(error):
            terminal(stderr=True).print("Interrupted.")
            return Exit.INTERRUPTED
        if isinstance(error, OSError) and error in LOST_OUTPUT:
            return _report_lost_output(error)
        known = explained(error)
        return print_error(terminal(stderr=True), _unexpected(errors) if known is None else _completed(known, error))
    except OSError:  # standard error is closed
        return Exit.FAILED


def prepare_process() -> None:
    """Send what threads, destructors and libraries report to `ended`; open those of the three standard streams that are closed."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets that number; else the next file or session would, and receive what is printed
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, closefd=False, encoding="utf-8"))  # noqa: SIM115  # the process's own
    recorder = Recorder(logging.WARNING)
    recorder.setFormatter(UtcFormatter())
    logging.getLogger().addHandler(recorder)
    threading.excepthook = _ended_beside
    sys.unraisablehook = _ended_unseen


def close_output() -> None:
    """Write what is left of standard output and error; where that is impossible, keep the interpreter from reporting it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            number = os.open(os.devnull, os.O_WRONLY)
            os.dup2(number, 1 if stream is sys.stdout else 2)


def _ended_beside(arguments: Any) -> None:
    """A thread ended by an error: it is printed when the command ends."""
    if arguments.exc_value is not None and not isinstance(arguments.exc_value, SystemExit):
        _beside.append(arguments.exc_value)


def _ended_unseen(arguments: "UnraisableHookArgs") -> None:
    """A destructor failed, which changes nothing; the file of details has it, if there is one."""
    if arguments.exc_value is not None:
        RECENT.append("".join(traceback.format_exception(arguments.exc_value)))


def _is_interruption(error: BaseException) -> bool:
    """Whether it is Ctrl-C, as Python or as Dagster reports it."""
    return isinstance(error, KeyboardInterrupt) or type(error).__name__ == "DagsterExecutionInterruptedError"


def _completed(known: MediabaseError, error: BaseException) -> MediabaseError:
    """A `MediabaseError` as it is; an error of the server or the system with a place, and without a password that it may quote."""
    if known is error:
        return known
    where = without_secrets(known.where) or _where(error)
    return type(known)(without_secrets(known.what), where=where, next_step=known.next_step)


def _report_lost_output(error: OSError) -> Exit:
    if error.errno != errno.EPIPE:  # `mediabase status | head` is not a mistake
        lost = MediabaseError(
            f"The output cannot be written: {error.strerror}.",
            where="standard output",
            next_step="Write it elsewhere; `mediabase status` shows what was done.",
        )
        print_error(terminal(stderr=True), lost)
    return Exit.FAILED


def _unexpected(errors: tuple[BaseException, ...]) -> MediabaseError:
    """What is printed about an unexpected error."""
    error = errors[0]
    text = f"{type(error).__name__}: {error}".strip().rstrip(":").splitlines()[0]
    what = f"Something unexpected happened: {without_secrets(text)[:_LONGEST].rstrip('.')}."
    return MediabaseError(what, where=_where(error), next_step=sentence_to_send(errors))


def _where(error: BaseException) -> str:
    """The command, and the innermost line of this package."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(_PACKAGE)]
    command = " ".join(["mediabase", *(a for a in sys.argv[1:3] if a.isalpha())])
    if not frames:
        return command
    innermost = frames[-1]
    return f"{command}, {Path(innermost.filename).relative_to(_PACKAGE.parent)}, line {innermost.lineno} ({innermost.name})"
