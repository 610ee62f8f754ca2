"""Settings of the live release that the next migration keeps unless a person names another value.

Contains the one there is, the policy for symbols of several genes: forgetting it would remove genes that people see.
"""

from mediabase_assets.postgres.sql_files import Connection, is_there
from mediabase_assets.settings.load import Settings


def kept_policy(conn: Connection, settings: Settings) -> str | None:
    """The policy for symbols of several genes that the live release was made with, where the settings name none and it is another.

    Args:
        conn: A session that sees the records.
        settings: The settings, as they were read.
    """
    if "symbol_conflicts" in settings.model_fields_set or not is_there(conn, conn.workspace.operations, "releases"):
        return None
    policy = conn.value(
        """select m.configuration ->> 'symbol_conflicts' from releases as r join migration_runs as m using (migration_id)
           where r.rolled_back_at is null order by r.released_at desc limit 1"""
    )
    return None if policy in (None, settings.symbol_conflicts) else str(policy)


def with_live_policy(conn: Connection, settings: Settings) -> Settings:
    """The settings, with the policy of the live release where they name none."""
    return with_policy(settings, kept_policy(conn, settings))


def with_policy(settings: Settings, policy: str | None) -> Settings:
    """The settings with another policy; the same ones for None."""
    return settings if policy is None else settings.model_copy(update={"symbol_conflicts": policy})
