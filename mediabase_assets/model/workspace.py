"""The schemas that the project keeps for itself, all named after one workspace.

Migrations into the schema `public` work in the workspace `mediabase`, those into another live schema of the same database in
one that is named after it, so that two targets share neither records nor what they build. What must not touch either (a dry
run, a self-test) works in a workspace of its own, which is dropped afterwards. A session knows its workspace; which one that
is, `target` finds out.
"""

import re
from hashlib import md5
from typing import Literal, NamedTuple

#: The workspace of migrations into the default schema; in the settings, of migrations in general.
MIGRATIONS: Literal["mediabase"] = "mediabase"
#: The workspace of dry runs.
PLAN: Literal["mediabase_plan"] = "mediabase_plan"
#: The workspace of self-tests.
SELF_TEST: Literal["mediabase_selftest"] = "mediabase_selftest"
#: The live schema whose records are in the workspace `mediabase`, unless another one was there first.
DEFAULT_SCHEMA = "public"
#: Longest part of a workspace's name that comes from the live schema: with the longest suffix it stays below 64 bytes.
_LONGEST = 40
_RESERVED = re.compile(rf"{MIGRATIONS}_(.+_)?(next|ops|patients|successors|rehearsal|dagster)|{MIGRATIONS}_round_trip_[0-9]+")


class Workspace(NamedTuple):
    """A set of schemas.

    >>> Workspace("mediabase").build
    'mediabase_next'
    """

    name: str = MIGRATIONS

    @property
    def build(self) -> str:
        """Where everything is built and audited before it is released."""
        return f"{self.name}_next"

    @property
    def operations(self) -> str:
        """What the migrations of the workspace know about themselves."""
        return f"{self.name}_ops"

    @property
    def patients(self) -> str:
        """Patients' data: not made by a migration, and so never dropped or brought back by one."""
        return f"{self.name}_patients"

    @property
    def successors(self) -> str:
        """Where a live view's successor waits for a moment without readers."""
        return f"{self.name}_successors"

    @property
    def rehearsal(self) -> str:
        """Where the schema is deployed, verified and reverted before it is used."""
        return f"{self.name}_rehearsal"

    @property
    def schemas(self) -> tuple[str, ...]:
        """All that migrations work in."""
        return (self.build, self.operations, self.successors, self.rehearsal)

    @property
    def is_throwaway(self) -> bool:
        """Whether everything in it is dropped when its work is done: it is not that of migrations."""
        return self.name in (PLAN, SELF_TEST)

    @property
    def suffix(self) -> str:
        """What distinguishes its migrations and backups from those of the workspace `mediabase`; empty for that one itself.

        >>> Workspace("mediabase_trial").suffix, Workspace().suffix
        ('_trial', '')
        """
        return "" if self.is_throwaway else self.name.removeprefix(MIGRATIONS)

    @property
    def dagster(self) -> str:
        """The schema of Dagster's storage, where it has no database of its own."""
        return f"{MIGRATIONS if self.is_throwaway else self.name}_dagster"

    @property
    def source(self) -> str:
        """Of a throw-away workspace: where a legacy table is loaded that is not in the database."""
        return f"{self.name}_source"

    @property
    def legacy(self) -> str:
        """Of a throw-away workspace: where a sample of the legacy table lies."""
        return f"{self.name}_legacy"

    @property
    def live(self) -> str:
        """Of a throw-away workspace: where it releases."""
        return f"{self.name}_live"

    @property
    def stages(self) -> tuple[str, ...]:
        """Of a throw-away workspace: the schemas used in place of those of a migration's legacy table and of its readers."""
        return (self.source, self.legacy, self.live) if self.is_throwaway else ()


def workspace_for(live_schema: str) -> Workspace:
    """The workspace that is named after a live schema. Its name is plain and short, whatever that of the schema is.

    >>> workspace_for("trial").operations, workspace_for("Trial 2").operations
    ('mediabase_trial_ops', 'mediabase_trial_2_2b5b5cc3_ops')
    """
    plain = re.sub(r"[^a-z0-9]+", "_", live_schema.lower()).strip("_")[:_LONGEST]
    is_plain = plain == live_schema and len(plain) < _LONGEST - 9
    name = f"{MIGRATIONS}_{plain}"
    if is_plain and name not in (PLAN, SELF_TEST):
        return Workspace(name)
    digest = md5(live_schema.encode(), usedforsecurity=False).hexdigest()[:8]
    return Workspace(f"{MIGRATIONS}_{plain[: _LONGEST - 9]}_{digest}".replace("__", "_"))


def is_reserved(schema: str) -> bool:
    """Whether a schema has a name that the project gives to its own.

    >>> is_reserved("mediabase_trial_ops"), is_reserved("mediabase_ops"), is_reserved("mediabase_trial")
    (True, True, False)
    """
    return _RESERVED.fullmatch(schema) is not None
