"""How commands end when nobody expected it: in three lines, with a file of details, without a password."""

import ast
import re
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mediabase_assets
from mediabase_assets.cli.error_details import without_secrets

PACKAGE = Path(mediabase_assets.__file__).parent
CANARY = "C4n4ry/pass word'x"
THREE_LINES = re.compile(r"^Error: Something unexpected happened: .+\n  where: .+\n  next:  Send (\S+) to the maintainers; .+\n$")
BROKEN = """
import sys, threading
from mediabase_assets.cli.exit import close_output, ended, prepare_process
from mediabase_assets.cli.output import Exit, terminal

class Careless:
    def __del__(self):
        raise KeyError("in a destructor")

def work():
    {body}
    terminal().print("done")
    return Exit.OK

prepare_process()
code = ended(work)
close_output()
sys.exit(int(code))
"""


def run(body, **environment):
    command = [sys.executable, "-c", BROKEN.format(body=body)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture
def surroundings(project, tmp_path):
    return project.environment | {"MEDIABASE_HOME": str(tmp_path / "home"), "MB_POSTGRES_PASSWORD": CANARY}


def test_an_unexpected_error_is_three_lines_and_a_file_without_the_password(surroundings, tmp_path):
    done = run("raise KeyError('lost with ' + __import__('os').environ['MB_POSTGRES_PASSWORD'])", **surroundings)
    assert done.returncode == 1
    file = Path(THREE_LINES.match(done.stderr)[1])
    assert file.parent == tmp_path / "home" / "logs"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    for part in ("Traceback (most recent call last)", "KeyError", "dagster: 1.13", "symbol_conflicts: keep_best", "psycopg: 3"):
        assert part in text
    for said in (text, done.stdout, done.stderr):
        assert "C4n4ry" not in said


def test_an_error_of_a_thread_is_told_when_the_command_ends(surroundings):
    body = "t = threading.Thread(target=lambda: {}['lost']); t.start(); t.join()"
    done = run(body, **surroundings)
    assert (done.returncode, done.stdout) == (1, "done\n")
    assert "KeyError" in Path(THREE_LINES.match(done.stderr)[1]).read_text()


def test_a_destructor_that_fails_does_not_reach_the_terminal(surroundings):
    done = run("Careless()", **surroundings)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("open('/nowhere/at/all', 'w')", 1, "A file or folder is missing: No such file or directory."),
        ("raise KeyboardInterrupt", 130, "Interrupted."),
        ("raise MemoryError", 1, "There is not enough memory."),
        ("import psycopg; raise psycopg.errors.DiskFull('no room')", 1, "The database server's disk is full: no room."),
        ("import psycopg; raise psycopg.InterfaceError('the connection is closed')", 1, "The connection to the server was lost"),
        ("import psycopg; raise RuntimeError('wrapped') from psycopg.errors.InsufficientPrivilege('no')", 1, "The role may not do this"),
    ],
)
def test_what_the_system_and_the_server_say_is_told_in_words(surroundings, body, code, words):
    done = run(body, **surroundings)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "next:" in done.stderr or code == 130


def test_a_home_that_cannot_be_written_leaves_the_details_among_temporary_files(surroundings, tmp_path):
    (tmp_path / "home").write_text("no folder")
    done = run("raise KeyError('lost')", **surroundings | {"TMPDIR": str(tmp_path)})
    assert Path(THREE_LINES.match(done.stderr)[1]).parent == tmp_path


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("postgresql://me:hush@host/db", "postgresql://me:********@host/db"),
        ("host=a password=hush user=b", "host=a password=******** user=b"),
        ("alter role me password 'hu''sh'", "alter role me password ********"),
        ("{'password': 'hush'}", "{'password': ********}"),
        ("FATAL:  password authentication failed for user me", "FATAL:  password authentication failed for user me"),
        ("Set MB_POSTGRES_PASSWORD.", "Set MB_POSTGRES_PASSWORD."),
    ],
)
def test_what_looks_like_a_password_is_hidden(text, left):
    assert without_secrets(text) == left


@pytest.mark.parametrize("arguments", [["status"], ["db", "status"], ["--help"], ["--version"]])
def test_output_that_cannot_be_written_is_told_in_a_sentence(project, arguments):
    command = [sys.executable, "-m", "mediabase_assets.cli", *arguments]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=project.environment, check=False)
        silent = subprocess.run(command, stdout=full, stderr=full, env=project.environment, check=False)
    assert (done.returncode, silent.returncode) == (1, 1)
    assert "No space left on device" in done.stderr
    assert re.search(r"^  next:  .+", done.stderr, re.M)
    assert not re.search("Traceback|Exception ignored", done.stderr)


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "0<&-", "0<&- 1>&- 2>&-", "| true"])
def test_closed_streams_are_no_error(project, closed):
    command = f"exec 3>&2; {{ {sys.executable} -m mediabase_assets.cli status; echo code $? >&3; }} {closed}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=project.environment, check=False)
    assert done.stderr.strip() in ("code 0", "code 1") if closed == "| true" else done.stderr.strip() == "code 0"


@pytest.mark.parametrize("seconds", [0.05, 0.15, 0.3, 0.6, 1.2])
def test_ctrl_c_is_quiet_from_the_first_moment(project, seconds):
    code = "from mediabase_assets.__main__ import main; print(flush=True); main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "status"], env=project.environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (0, 130, -signal.SIGINT)
    assert "Traceback" not in err


def test_a_broken_installation_is_told_in_three_lines(project, tmp_path):
    (tmp_path / "typer.py").write_text("raise ImportError('no module named click')")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from mediabase_assets.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=project.environment, check=False)
    assert done.returncode == 1
    assert re.match(r"Error: A part of the program is missing: .+\n  where: .+\n  next:  Install it again", done.stderr)


def test_a_file_that_may_not_grow_is_told(project, tmp_path):
    """A quota that is used up, as the operating system has it for one process."""
    process = subprocess.run(
        [sys.executable, "-m", "mediabase_assets.cli", "migrate", "--dry-run", "--symbol-conflicts", "qualify"],
        env=project.environment | {"MEDIABASE_HOME": str(tmp_path / "home")}, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    )  # fmt: skip
    assert process.returncode in (1, 2)
    assert "Traceback" not in process.stderr
    assert "File too large" in process.stderr
    assert "next:" in process.stderr


def commands():
    trees = [ast.parse((PACKAGE / "cli" / name).read_text()) for name in ("app.py", "patients.py")]
    functions = [f for tree in trees for f in tree.body if isinstance(f, ast.FunctionDef)]
    return [f for f in functions if any("command(" in ast.unparse(d) for d in f.decorator_list)]


def test_every_command_goes_through_the_one_ending():
    assert len(commands()) >= 20
    for function in commands():
        assert [ast.unparse(d) for d in function.decorator_list][1:] == ["with_exit_code"], function.name
    trees = [ast.parse((PACKAGE / "cli" / name).read_text()) for name in ("app.py", "command.py")]
    functions = {f.name: ast.unparse(f) for tree in trees for f in tree.body if isinstance(f, ast.FunctionDef)}
    assert "ended(lambda: command(*args, **kwargs))" in functions["with_exit_code"]
    assert "ended(app)" in functions["main"]


def broad(handler):
    names = {"Exception", "BaseException"}
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return handler.type is None or any(isinstance(kind, ast.Name) and kind.id in names for kind in kinds)


def test_nothing_but_the_ending_catches_everything_and_nothing_prints_a_traceback():
    catching, printing = set(), set()
    for file in PACKAGE.rglob("*.py"):
        tree = ast.parse(file.read_text())
        catching |= {file.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and broad(node)}
        printing |= {
            file.name for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in ("print_exc", "print_exception")
        }
    # a thread of builders.py hands it on to the step that it is of, one of executor.py to the main thread
    assert catching == {"exit.py", "builders.py", "executor.py"}
    assert printing == set()
