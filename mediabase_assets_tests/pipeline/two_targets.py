"""Two targets in one database, driven at random or exhaustively, and compared with what each would be alone.

`python -m mediabase_assets_tests.pipeline.two_targets --depth 4` tries every order of {migrate a, migrate b, change the legacy
table, roll back a, roll back b} up to that length; `--rounds 10` migrates both at once as processes of their own, that often.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from psycopg import sql

from mediabase_assets.model.statuses import LegacyChoice
from mediabase_assets.model.tables import RELATIONS
from mediabase_assets.model.views import VIEWS
from mediabase_assets.planning import registry
from mediabase_assets.postgres.content_hash import ContentHash, content_hash, physical_fingerprint
from mediabase_assets.postgres.embedded import server
from mediabase_assets.postgres.sql_files import is_there
from mediabase_assets.rollback import candidates, roll_back
from mediabase_assets.runs.results import KEEP, KEEP_TAG
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.benchmarks.place import QUIET
from mediabase_assets_tests.fixtures.environment import clean_environment
from mediabase_assets_tests.pipeline import harness
from mediabase_assets_tests.pipeline.rollbacks import ROWS, copied

#: Rows of the small legacy table.
FEW = 60
TARGETS = ("a", "b")
OPERATIONS = ("migrate a", "migrate b", "change", "roll back a", "roll back b")
#: The live schemas; a's is the default one.
SCHEMAS = {"a": "public", "b": "trial"}

Content = dict[str, ContentHash]


def target(this: harness.Project, schema: str, *, folder: Path | None = None, **database: str) -> harness.Project:
    """The same database and the same record of runs, with another live schema; the legacy table stays where it is."""
    values = {"schema": schema, "legacy_schema": "public"} | database
    settings = load_settings(
        home=this.settings.home, backup_dir=this.settings.backup_dir, database={"name": this.settings.database.name} | values
    )
    config = (folder or this.settings.backup_dir.parent) / f"{abs(hash(schema))}.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"  {key}: {_quoted(value)}\n" for key, value in values.items()]
    config.write_text("database:\n" + "".join(lines), encoding="utf-8")
    return replace(this, settings=settings, environment=this.environment | {"MEDIABASE_CONFIG": str(config)})


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def make_small(this: harness.Project) -> None:
    """Leave a few rows of the demonstration in the legacy table."""
    with this.connect() as conn:
        conn.execute(
            "delete from cancer_transcript_base where transcript_id not in"
            " (select transcript_id from cancer_transcript_base order by md5(transcript_id) limit %s)",
            (FEW,),
        )


def migrate(this: harness.Project) -> bool:
    """Make what there is to do, without the measurements, as `mediabase migrate` does; False if there is nothing."""
    work = [key for key in this.work() if key not in registry.AFTERWARDS]
    if work:
        result = this.migrate(*work, tags={KEEP_TAG: KEEP}, run_config=QUIET)
        assert result.success, harness.failed_steps(result)
    return bool(work)


def live(this: harness.Project) -> Content:
    """The content of every live relation of a target, views too; empty where nothing is live."""
    schema = this.settings.database.schema_name
    with this.connect() as conn:
        names = [r.name for r in RELATIONS] + [v.name for v in VIEWS]
        return {name: content_hash(conn, schema, name) for name in names if is_there(conn, schema, name)}


def untouched(this: harness.Project) -> tuple[dict[str, str], list[tuple]]:
    """What no work for another target may change: every row version that is live, and the record of the releases."""
    schema = this.settings.database.schema_name
    with this.connect() as conn:
        found = {r.name: physical_fingerprint(conn, schema, r.name) for r in RELATIONS if is_there(conn, schema, r.name)}
        records = conn.workspace.operations
        has_records = is_there(conn, records, "releases")
        query = sql.SQL("select migration_id, rolled_back_at from {} order by 1").format(sql.Identifier(records, "releases"))
        return found, conn.execute(query).fetchall() if has_records else []


@dataclass(frozen=True)
class State:
    """What should be there: the version of the legacy table, and for each target the versions that are released, newest last.

    A target that was rolled back makes everything again, whatever the version is.
    """

    legacy: int = 0
    a: tuple[int, ...] = ()
    b: tuple[int, ...] = ()
    again: frozenset[str] = frozenset()

    def after(self, operation: str) -> "State | None":
        """The state after an operation; None where it makes no sense."""
        what, _, name = operation.rpartition(" ")
        if operation == "change":
            return replace(self, legacy=1 - self.legacy)
        stack: tuple[int, ...] = getattr(self, name)
        if what == "migrate":
            if stack and stack[-1] == self.legacy and name not in self.again:
                return self
            return replace(self, **{name: (*stack, self.legacy)}, again=self.again - {name})
        if not stack:
            return None
        return replace(self, **{name: stack[:-1]}, legacy=stack[-1], again=self.again | {name})


class Pair:
    """Two targets of one database and what should be there."""

    def __init__(self, this: harness.Project, alone: dict[int, Content], state: State) -> None:
        self.this, self.alone, self.state = this, alone, state
        self.targets = {"a": this, "b": target(this, SCHEMAS["b"])}

    def do(self, operation: str) -> None:
        """Do something, and see that it did what it does alone, and nothing to the other target."""
        what, _, name = operation.rpartition(" ")
        before = {n: untouched(t) for n, t in self.targets.items() if n != name or operation == "change"}
        wanted = self.state.after(operation)
        assert wanted is not None
        if operation == "change":
            change(self.this)
        elif what == "migrate":
            assert migrate(self.targets[name]) == (wanted != self.state)
        else:
            undo_newest(self.targets[name])
        self.state = wanted
        assert {n: untouched(self.targets[n]) for n in before} == before, operation
        for n, t in self.targets.items():
            stack: tuple[int, ...] = getattr(wanted, n)
            assert live(t) == (self.alone[stack[-1]] if stack else {}), (operation, n)
        assert version(self.this) == wanted.legacy, operation


def undo_newest(this: harness.Project) -> None:
    """Roll the newest release of a target back."""
    with this.connect() as conn:
        newest = next(c for c in candidates(conn, this.settings) if c.rolled_back_at is None)
    assert newest.why_not == ""
    roll_back(this.settings, newest.migration_id, legacy_changes=LegacyChoice.UNDO)


def change(this: harness.Project) -> None:
    """Change the legacy table to its other version; twice is back again."""
    with this.connect() as conn:
        conn.execute(
            "update cancer_transcript_base set gene_symbol = case when gene_symbol like 'CHANGED%%' then substr(gene_symbol, 8)"
            " else 'CHANGED' || gene_symbol end where gene_id = (select min(gene_id) from cancer_transcript_base where gene_symbol <> '')"
        )


def version(this: harness.Project) -> int:
    """Which version the legacy table is."""
    return int(this.value("select count(*) > 0 from cancer_transcript_base where gene_symbol like 'CHANGED%%'") is True)


@contextmanager
def small(home: Path) -> Iterator[tuple[harness.Project, dict[int, Content]]]:
    """A database with the small legacy table, and what each of its two versions becomes when it is migrated alone."""
    with harness.project(home, demo=ROWS) as this:
        make_small(this)
        this.settings.backup_dir.mkdir()
        alone = {}
        with copied(this, home) as only:
            for number in (0, 1):
                assert migrate(only)
                alone[number] = live(only)
                change(only)
        assert alone[0] != alone[1]
        yield this, alone


def explore(home: Path, depth: int, tell: bool = False) -> tuple[int, int]:
    """Try every order of operations up to a length; the same state is tried once. Returns the states and operations."""
    tried = 0
    with small(home) as (this, alone), ExitStack() as stack:
        seen = {State(): this}
        waiting = deque([(State(), 0)])
        while waiting:
            state, length = waiting.popleft()
            for operation in OPERATIONS if length < depth else ():
                wanted = state.after(operation)
                if wanted is None:
                    continue
                copy = stack.enter_context(ExitStack())
                pair = Pair(copy.enter_context(copied(seen[state], home)), alone, state)
                pair.do(operation)
                tried += 1
                if tell:
                    print(f"{tried:>4}  {state} + {operation}: as alone", flush=True)
                if wanted in seen:
                    copy.close()
                else:
                    seen[wanted] = pair.this
                    waiting.append((wanted, length + 1))
        return len(seen), tried


def both_at_once(this: harness.Project) -> list[str]:
    """Migrate both targets of a database at once, each by a process of the command line; returns what they say."""
    folder = Path(tempfile.mkdtemp(prefix="mediabase-both-"))
    projects = {name: target(this, schema, folder=folder) for name, schema in SCHEMAS.items()}
    try:
        processes = [_start(project) for project in projects.values()]
        said = [process.communicate(timeout=600)[0].decode() for process in processes]
        assert [p.returncode for p in processes] == [0, 0], "\n".join(said)
        return said
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(project: harness.Project) -> "subprocess.Popen[bytes]":
    clean = clean_environment()
    command = [sys.executable, "-m", "mediabase_assets.cli", "migrate", "--skip-confirmation"]
    return subprocess.Popen(command, env=clean | project.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def rounds(home: Path, number: int, tell: bool = False) -> None:
    """Migrate both at once, every second time after a change of what is live already; each time as alone."""
    with small(home) as (this, alone), ExitStack() as stack:
        for turn in range(number):
            expected = turn % 2
            if not expected:
                stack.close()
                copy = stack.enter_context(copied(this, home))
            else:
                change(copy)
            both_at_once(copy)
            for name, schema in SCHEMAS.items():
                assert live(target(copy, schema)) == alone[expected], (turn, name)
            if tell:
                print(f"round {turn + 1}: both as alone{', after a change' if expected else ''}", flush=True)


def main() -> None:
    """What the first lines of this module say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depth", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=0)
    options = parser.parse_args()
    parent = Path(tempfile.mkdtemp(prefix="mediabase-targets-"))
    parent.chmod(0o755)
    home = parent / "home"
    try:
        server.ensure_running(home)
        rounds(home, options.rounds, tell=True)
        if options.depth:
            states, tried = explore(home, options.depth, tell=True)
            print(f"{tried} operations from {states} states: each target as alone")
    finally:
        server.remove(home)
        shutil.rmtree(parent, ignore_errors=True)


if __name__ == "__main__":
    main()
