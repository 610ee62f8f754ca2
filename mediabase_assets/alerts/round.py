"""One look at everything, and the messages that follow from it: each alert is told once when it begins, and once when it is over.

Contains the order of steps. What Dagster knows comes from the caller. A message that cannot be delivered is tried again at the next
look, and fails nothing.
"""

import fcntl
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mediabase_assets.alerts.condition import Found, Kind
from mediabase_assets.alerts.conditions.disk import low_disks
from mediabase_assets.alerts.conditions.server import server_down
from mediabase_assets.alerts.ledger import Alert, after_look, after_telling, news_for, without_settled
from mediabase_assets.alerts.mail import WAY as EMAIL
from mediabase_assets.alerts.mail import send_mail
from mediabase_assets.alerts.message import Message, message_of, trial_message
from mediabase_assets.alerts.receipt import UndeliveredError
from mediabase_assets.alerts.records import read_alerts, write_alerts
from mediabase_assets.alerts.webhook import WAY as WEBHOOK
from mediabase_assets.alerts.webhook import send_webhook
from mediabase_assets.model.errors import MediabaseError, ServerError
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.alerts import AlertSettings
from mediabase_assets.settings.load import Settings

NOT_CONFIGURED = "Alerts are not configured: set alerts.email_to or alerts.webhook_url."
_LOG = logging.getLogger(__name__)
_LOCK = "alerts.lock"
_SPACE = 0x4D45414C  # "MEAL"

#: What Dagster and the records tell, by a session, at a time.
Look = Callable[[Connection, datetime], Found]


@dataclass(frozen=True)
class Outcome:
    """What a look led to.

    Attributes:
        alerts: What is wrong now.
        delivered: By way, what the receiver answered.
        undelivered: By way, why the message was not delivered.
        told: How many pieces of news were delivered.
        is_elsewhere: Another process is looking, so that this one did not.
    """

    alerts: tuple[Alert, ...] = ()
    delivered: Mapping[str, str] = field(default_factory=dict)
    undelivered: Mapping[str, str] = field(default_factory=dict)
    told: int = 0
    is_elsewhere: bool = False


def ways_of(alerts: AlertSettings) -> list[str]:
    """The ways by which people are told."""
    return [*([EMAIL] if alerts.email_to else []), *([WEBHOOK] if alerts.webhook_url else [])]


def look_and_tell(settings: Settings, look: Look, *, tells: bool = True, now: datetime | None = None) -> Outcome:
    """Look at everything, tell what is new, and keep who was told.

    Args:
        settings: Everything.
        look: Finds what a session and Dagster tell.
        tells: Whether anything is sent and kept; otherwise it is only looked at.
        now: When it is.
    """
    now = now or datetime.now(UTC)
    with _alone(settings) as is_alone:
        if not is_alone:
            return Outcome(is_elsewhere=True)
        try:
            conn = connect(settings, autocommit=True, application_name="mediabase alerts")
        except ServerError as error:
            # nothing else is looked at: who was told of it is known by the server alone
            return _tell(settings, None, Found((server_down(settings, error),), frozenset({Kind.SERVER})), now, tells=tells)
        with conn:
            if not conn.value("select pg_try_advisory_lock(%s, hashtext(current_schema()))", _SPACE):
                return Outcome(is_elsewhere=True)
            found = look(conn, now)
            disks = low_disks(settings, conn)
            found = Found((*found.conditions, *disks), found.looked_at | {Kind.SERVER, Kind.DISK})
            return _tell(settings, conn, found, now, tells=tells)


def tell_if_down(settings: Settings) -> Outcome:
    """Tell that the server does not answer, for those whose sensors depend on it; where it answers, do nothing."""
    if not settings.alerts.is_on:
        return Outcome()
    try:
        connect(settings, application_name="mediabase alerts").close()
    except ServerError as error:
        with _alone(settings) as is_alone:
            if not is_alone:
                return Outcome(is_elsewhere=True)
            found = Found((server_down(settings, error),), frozenset({Kind.SERVER}))
            return _tell(settings, None, found, datetime.now(UTC), tells=True)
    return Outcome()


def _tell(settings: Settings, conn: Connection | None, found: Found, now: datetime, *, tells: bool) -> Outcome:
    """Send what is new by every way, and keep it."""
    alerts = after_look(read_alerts(settings, conn), found, now)
    delivered, undelivered, told = dict[str, str](), dict[str, str](), 0
    ways = ways_of(settings.alerts)
    hours = settings.alerts.repeat_hours
    for way in ways if tells else ():
        news = news_for(alerts, way, now, timedelta(hours=hours) if hours else None)
        if not news:
            continue
        try:
            delivered[way] = send(settings.alerts, way, message_of(settings, news, now))
        except (UndeliveredError, MediabaseError) as error:
            undelivered[way] = " ".join(str(error).split())
            _LOG.warning("An alert was not delivered, and is sent again at the next look: %s", undelivered[way])
            continue
        told += len(news)
        alerts = after_telling(alerts, way, news, now)
    if tells and ways:
        write_alerts(settings, conn, without_settled(alerts, ways))
    return Outcome(tuple(sorted((a for a in alerts if a.ended_at is None), key=lambda a: (a.since, a.key))), delivered, undelivered, told)


def send(alerts: AlertSettings, way: str, message: Message) -> str:
    """Send a message by one way; returns what the receiver answered.

    Raises:
        UndeliveredError: It was not delivered.
        ConfigurationError: A file that the settings name cannot be read.
    """
    return (send_mail if way == EMAIL else send_webhook)(alerts, message).answer


def send_trial(settings: Settings) -> Outcome:
    """Send a test message by every way."""
    message = trial_message(settings, datetime.now(UTC))
    delivered, undelivered = dict[str, str](), dict[str, str]()
    for way in ways_of(settings.alerts):
        try:
            delivered[way] = send(settings.alerts, way, message)
        except (UndeliveredError, MediabaseError) as error:
            undelivered[way] = " ".join(str(error).split())
    return Outcome(delivered=delivered, undelivered=undelivered)


@contextmanager
def _alone(settings: Settings) -> Iterator[bool]:
    """Whether no other process of this home looks right now; the lock ends with the process."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
