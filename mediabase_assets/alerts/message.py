"""A message about alerts: one for all that has to be told by one way, as text for people and as JSON for programs."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mediabase_assets.alerts.ledger import Alert, News
from mediabase_assets.model.quantities import counted, moment
from mediabase_assets.settings.load import Settings

_TITLES = {News.NEW: "New", News.STILL: "Still so", News.OVER: "Over"}
TEST = "This is a test of the alerts of mediabase: nothing is wrong."


@dataclass(frozen=True)
class Message:
    """What is sent.

    Attributes:
        subject: The sum of it in a line.
        text: For people.
        document: For programs.
    """

    subject: str
    text: str
    document: dict[str, Any]


def place_of(settings: Settings) -> str:
    """The database and the server, for the reader who has several.

    >>> from mediabase_assets.settings.load import load_settings
    >>> place_of(load_settings(database={"host": "db.example.org", "name": "mbase"}))
    'database mbase on db.example.org'
    """
    database = settings.database
    server = "the embedded server" if database.is_embedded else database.host or f"service {database.service}"
    at = f" of {platform.node()}" if database.is_embedded and platform.node() else ""
    return f"database {database.name or 'of the service'} on {server}{at}"


def message_of(settings: Settings, news: Sequence[tuple[News, Alert]], now: datetime) -> Message:
    """One message about all that is new, still wrong, or over."""
    numbers = {kind: sum(1 for n, _ in news if n is kind) for kind in News}
    forms = {News.NEW: counted(numbers[News.NEW], "alert"), News.STILL: "{} still so", News.OVER: "{} over"}
    head = ", ".join(forms[kind].format(numbers[kind]) for kind in News if numbers[kind])
    one = f": {news[0][1].condition.what.splitlines()[0]}" if len(news) == 1 else ""
    lines = [f"MEDIABASE, {place_of(settings)}", ""]
    for kind in News:
        shown = [alert for n, alert in news if n is kind]
        if shown:
            lines += [_TITLES[kind], *(line for alert in shown for line in _lines(kind, alert)), ""]
    lines.append(f"Looked at {moment(now)}. `mediabase alerts list` shows what is wrong now.")
    document = {
        "source": "mediabase", "place": place_of(settings), "at": now.isoformat(), "alerts": [as_row(n, alert) for n, alert in news],
    }  # fmt: skip
    return _message(f"MEDIABASE: {head}{one}"[:180], lines, document)


def trial_message(settings: Settings, now: datetime) -> Message:
    """A message that says that nothing is wrong, to try whether messages arrive."""
    lines = [f"MEDIABASE, {place_of(settings)}", "", TEST, "", f"Sent at {moment(now)} by `mediabase alerts test`."]
    document = {"source": "mediabase", "place": place_of(settings), "at": now.isoformat(), "test": True, "alerts": []}
    return _message("MEDIABASE: test of the alerts", lines, document)


def _message(subject: str, lines: list[str], document: dict[str, Any]) -> Message:
    text = "\n".join(lines)
    return Message(subject, text + "\n", {**document, "text": text})


def _lines(kind: News, alert: Alert) -> list[str]:
    """An alert as lines of a message."""
    c = alert.condition
    lines = [f"- {c.what}", f"  where:   {c.where}", f"  since:   {moment(alert.since)}"]
    if kind is News.OVER:
        return [*lines, f"  over:    {moment(alert.ended_at)}"]
    return [*lines, f"  next:    {c.next_step}", f"  command: {c.command}"]


def as_row(kind: News, alert: Alert) -> dict[str, Any]:
    """An alert as a JSON object."""
    c = alert.condition
    return {
        "state": str(kind), "alert": c.key, "kind": str(c.kind), "what": c.what, "where": c.where, "since": alert.since.isoformat(),
        "ended": alert.ended_at and alert.ended_at.isoformat(), "next_step": c.next_step, "command": c.command,
    }  # fmt: skip
