"""Whether a scheduled refresh has anything to do: which live views are old, asked of the database.

Contains the question; how a view is refreshed is in `release.refresh`, when it is asked in the definitions.
"""

from dataclasses import dataclass, field

from mediabase_assets.postgres.session import live_session
from mediabase_assets.records.lock import lock_holder
from mediabase_assets.settings.load import Settings
from mediabase_assets.views import state


@dataclass(frozen=True)
class Due:
    """What a scheduled refresh has to do.

    Attributes:
        reasons: Views that are old, each with the reason in words.
        skipped: Why there is nothing to do, where no view is old.
        up_to_date: Views that were checked and are not old.
    """

    reasons: dict[str, str] = field(default_factory=dict)
    skipped: str = ""
    up_to_date: tuple[str, ...] = ()


def due_views(settings: Settings) -> Due:
    """The views that a scheduled refresh has to bring up to date now.

    Raises:
        ServerError: The server cannot be reached.
    """
    with live_session(settings, asset="schedule of views") as conn:
        who = lock_holder(conn, settings)
        if who:
            return Due(skipped=f"The database is being worked on{who}; a migration brings the views up to date by itself.")
        if not state.has_records(conn) or not state.records(conn):
            return Due(skipped="Nothing was released yet, so that there are no views to refresh.")
        by_view = state.refresh_reasons(conn, settings.database.schema_name)
    reasons = {view: reason for view, reason in by_view.items() if reason}
    skipped = "" if reasons else "No table changed since the views were last refreshed."
    return Due(reasons, skipped, tuple(view for view, reason in by_view.items() if not reason))
