"""Shared work: parts that read what others made, executed by several sessions at once, each in a transaction of its own.

Contains the order of parts and which session works on which; what a part does is in the module that makes it. A part waits
for those before it that make a relation which its SQL names, so that its needs are not declared a second time.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter

from mediabase_assets.postgres.consumption import counted
from mediabase_assets.postgres.sql_files import Connection

_COMMENT = re.compile(r"--.*")
_MADE = re.compile(r"\bcreate (?:unlogged table|view|function) (\w+)")

_ONE_HELPER = """select set_config(name, greatest(1, current_setting(name)::integer)::text, true)
    from (values ('max_parallel_workers_per_gather')) as s (name)
    where coalesce(nullif(current_setting('mediabase.helpers', true), ''), '1')::integer > 0"""


@dataclass(frozen=True)
class Part:
    """Statements that are run one after the other.

    Attributes:
        name: Unique among the parts.
        act: Runs the statements.
        makes: Names of the relations and functions that it makes.
        reads: Names that occur in its SQL, its own among them.
        is_one_look: Whether it has to see the database as of one moment.
        has_helper: Whether its statements may use another core even where each session has one, since everything waits for it.
    """

    name: str
    act: Callable[[Connection], object]
    makes: frozenset[str]
    reads: frozenset[str]
    is_one_look: bool = False
    has_helper: bool = False


def part(
    name: str, act: Callable[[Connection], object], texts: Iterable[str], *, is_one_look: bool = False, has_helper: bool = False
) -> Part:
    """A part of some SQL.

    >>> made = part("b", print, ["create unlogged table b as select * from a; -- as c does"])
    >>> sorted(made.makes), sorted(made.reads & {"a", "b", "c"})
    (['b'], ['a', 'b'])
    """
    text = _COMMENT.sub("", "\n".join(texts))
    return Part(name, act, frozenset(_MADE.findall(text)), frozenset(re.findall(r"\w+", text)), is_one_look, has_helper)


def needs_of(parts: Sequence[Part]) -> dict[str, set[str]]:
    """The parts that each part waits for: those before it that make what it reads."""
    return {later.name: {earlier.name for earlier in parts[:i] if earlier.makes & later.reads} for i, later in enumerate(parts)}


def share(sessions: Sequence[Connection], parts: Sequence[Part]) -> None:
    """Work all parts off; of those that can be begun the first in the sequence is next.

    Args:
        sessions: Sessions outside a transaction; each works on one part at a time.
        parts: In an order in which one session could work them off.

    Raises:
        psycopg.Error: The first that a part met. What the others were doing was cancelled.
    """
    rank = {each.name: i for i, each in enumerate(parts)}
    order = TopologicalSorter(needs_of(parts))
    order.prepare()
    idle, ready = [*sessions], list[str]()
    running: dict[Future[None], tuple[str, Connection]] = {}
    with ThreadPoolExecutor(len(sessions), thread_name_prefix="mediabase part") as pool:
        try:
            while order.is_active():
                ready = sorted([*ready, *order.get_ready()], key=rank.__getitem__)
                while idle and ready:
                    name, session = ready.pop(0), idle.pop()
                    running[pool.submit(_work, session, parts[rank[name]])] = (name, session)
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    name, session = running.pop(future)
                    future.result()
                    order.done(name)
                    idle.append(session)
        finally:
            for _, session in running.values():
                session.cancel_safe(timeout=5)


def _work(session: Connection, each: Part) -> None:
    with counted(session, is_part=True) as note, session.transaction():
        if each.is_one_look:
            session.execute("set transaction isolation level repeatable read")
        if each.has_helper:
            session.execute(_ONE_HELPER)
        each.act(session)
        note()
