"""Which alerts there are and who was told of them: what has to be told to whom, now.

Contains values and rules without database and clock; an alert begins once, is repeated after some hours, and ends once, for each way
by which people are told. `records` keeps it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from mediabase_assets.alerts.condition import Condition, Found


class News(StrEnum):
    """What is told about an alert."""

    NEW = "new"
    STILL = "still"
    OVER = "over"


@dataclass(frozen=True)
class Told:
    """What one receiver knows about an alert: when it was told last, and whether it knows that it is over."""

    at: datetime
    knows_end: bool = False


@dataclass(frozen=True)
class Alert:
    """A condition that was found, until everybody knows that it is over.

    Attributes:
        condition: What is or was wrong.
        since: Since when.
        ended_at: When it was found to be over.
        told: Who was told, by the name of the way.
    """

    condition: Condition
    since: datetime
    ended_at: datetime | None = None
    told: Mapping[str, Told] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its name."""
        return self.condition.key


def after_look(known: Iterable[Alert], found: Found, now: datetime) -> list[Alert]:
    """The alerts after a look.

    Args:
        known: Those before it.
        found: What it found.
        now: When.
    """
    before = {alert.key: alert for alert in known}
    alerts = [_seen(before.get(c.key), c, now) for c in found.conditions]
    present = {alert.key for alert in alerts}
    for alert in before.values():
        if alert.key not in present:
            is_over = alert.ended_at is None and alert.condition.kind in found.looked_at
            alerts.append(replace(alert, ended_at=now) if is_over else alert)
    return alerts


def _seen(before: Alert | None, condition: Condition, now: datetime) -> Alert:
    """A condition that is there now, with what was told of it before."""
    if before is None or before.condition.version != condition.version:
        return Alert(condition, condition.since or now)
    if before.ended_at is None:
        return replace(before, condition=condition)
    # it is back: who does not know that it was over need not know that it is back
    told = {way: t for way, t in before.told.items() if not t.knows_end}
    return Alert(condition, before.since if told else condition.since or now, told=told)


def news_for(alerts: Iterable[Alert], way: str, now: datetime, repeat: timedelta | None) -> list[tuple[News, Alert]]:
    """What has to be told by one way, new alerts first.

    Args:
        alerts: All alerts.
        way: Its name.
        now: When.
        repeat: After how long an alert is told again; None for never.
    """
    news = [(kind, alert) for alert in alerts if (kind := _news(alert, alert.told.get(way), now, repeat)) is not None]
    return sorted(news, key=lambda n: ([*News].index(n[0]), n[1].since, n[1].key))


def _news(alert: Alert, told: Told | None, now: datetime, repeat: timedelta | None) -> News | None:
    if alert.ended_at is not None:
        return None if told is not None and told.knows_end else News.OVER
    if told is None:
        return News.NEW
    return News.STILL if repeat is not None and now - told.at >= repeat else None


def after_telling(alerts: Iterable[Alert], way: str, news: Sequence[tuple[News, Alert]], now: datetime) -> list[Alert]:
    """The alerts after a message was delivered by one way."""
    told = {alert.key: Told(now, kind is News.OVER) for kind, alert in news}
    return [replace(a, told={**a.told, way: told[a.key]}) if a.key in told else a for a in alerts]


def without_settled(alerts: Iterable[Alert], ways: Collection[str]) -> list[Alert]:
    """The alerts without those that are over and of which everybody knows it."""
    return [a for a in alerts if a.ended_at is None or any(not (t := a.told.get(way)) or not t.knows_end for way in ways)]
