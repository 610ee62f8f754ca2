"""Whether the database server answers."""

from mediabase_assets.alerts.condition import Condition, Kind
from mediabase_assets.model.errors import ServerError
from mediabase_assets.settings.load import Settings

KEY = "server"


def server_down(settings: Settings, error: ServerError) -> Condition:
    """The condition that the server does not answer.

    Args:
        settings: Which server.
        error: What connecting to it raised.
    """
    command = "mediabase db start" if settings.database.is_embedded else "mediabase db status"
    return Condition(
        KEY, Kind.SERVER, f"The database server does not answer: {error.what}", error.where or "server",
        error.next_step or "Start the server.", command,
    )  # fmt: skip
