"""The schemas that the project keeps for itself, all named after one workspace.

A migration works in the workspace `mediabase`. What must not touch its records or what it has built (a dry run, a
self-test) works in a workspace of its own, which is dropped afterwards. A session knows its workspace.
"""

from typing import Literal, NamedTuple

#: The workspace of migrations.
MIGRATIONS: Literal["mediabase"] = "mediabase"
#: The workspace of dry runs.
PLAN: Literal["mediabase_plan"] = "mediabase_plan"
#: The workspace of self-tests.
SELF_TEST: Literal["mediabase_selftest"] = "mediabase_selftest"


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
    def successors(self) -> str:
        """Where a live view's successor waits for a moment without readers."""
        return f"{self.name}_successors"

    @property
    def rehearsal(self) -> str:
        """Where the schema is deployed, verified and reverted before it is used."""
        return f"{self.name}_rehearsal"

    @property
    def schemas(self) -> tuple[str, ...]:
        """All of them."""
        return (self.build, self.operations, self.successors, self.rehearsal)

    @property
    def is_throwaway(self) -> bool:
        """Whether everything in it is dropped when its work is done: it is not that of migrations."""
        return self.name != MIGRATIONS

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
        """Of a throw-away workspace: the schemas that stand for those of a migration's legacy table and of its readers."""
        return (self.source, self.legacy, self.live) if self.is_throwaway else ()
