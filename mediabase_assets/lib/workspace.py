"""The schemas that the project keeps for itself, all named after one workspace.

A migration works in the workspace `mediabase`. What must not touch its records or what it has built (a dry run, a
self-test) works in a workspace of its own, which is dropped afterwards. A session knows its workspace.
"""

from typing import Literal, NamedTuple

#: The workspace of migrations.
MIGRATIONS: Literal["mediabase"] = "mediabase"


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
