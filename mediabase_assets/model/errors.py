"""The errors that people read: each says what happened, where, and what to do next.

Contains exception classes only. Where they are raised, psycopg's and the operating system's errors are caught by
name and turned into one of these; a password never gets into any of the three sentences.
"""


class MediabaseError(Exception):
    """Something a person can act on.

    Attributes:
        what: What happened, one sentence.
        where: Host, file, table, row or setting it happened at; empty if only one place is possible.
        next_step: What to do next, one sentence or command.

    >>> print(MediabaseError("The table is empty.", where="public.genes", next_step="Load it first."))
    The table is empty.
      where: public.genes
      next:  Load it first.
    """

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        self.what = what
        self.where = where
        self.next_step = next_step
        lines = [what]
        if where:
            lines.append(f"  where: {where}")
        if next_step:
            lines.append(f"  next:  {next_step}")
        super().__init__("\n".join(lines))


class ConfigurationError(MediabaseError):
    """A setting is unknown, of the wrong type, or contradicts another."""


class ServerError(MediabaseError):
    """The database server cannot be started, reached or logged in to."""


class PrerequisiteError(MediabaseError):
    """The legacy table or the server does not allow a migration to start."""


class LegacyFileError(MediabaseError):
    """A file that should hold a legacy table is broken, truncated, or of something else."""


class LegacyTableExistsError(MediabaseError):
    """A legacy table exists already, and loading another one would overwrite it."""


class BackupError(MediabaseError):
    """A backup could not be written or did not verify."""


class SchemaError(MediabaseError):
    """The deployed schema is not the one of this version."""


class BuildError(MediabaseError):
    """A relation could not be built: an input is missing or the server refused a statement."""


class TimeLimitError(BuildError):
    """A step took longer than the settings allow, and was cancelled."""


class EmptiedError(BuildError):
    """A crash of the server emptied what was built; it can be rebuilt."""


class AuditError(MediabaseError):
    """What was built did not pass its audit, and was dropped."""


class UnknownDamageError(MediabaseError):
    """The legacy data holds a kind of damage that no rule knows; it is never dropped silently and never guessed."""


class ReleaseError(MediabaseError):
    """The audited relations could not be published; what was live is still live."""


class RollbackError(MediabaseError):
    """A migration cannot be undone, or not without losing something; everything is as it was."""


class MigrationLockedError(MediabaseError):
    """Another migration of the same target is running."""
