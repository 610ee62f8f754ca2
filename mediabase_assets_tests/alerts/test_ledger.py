"""Who is told what: rules without database and clock."""

from datetime import UTC, datetime, timedelta

import pytest

from mediabase_assets.alerts.condition import Condition, Found, Kind
from mediabase_assets.alerts.ledger import News, after_look, after_telling, news_for, without_settled

START = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LOW = Condition("disk/1", Kind.DISK, "The disk is low.", "/srv", "Free space.")
FAILED = Condition("run/migration", Kind.RUN, "A migration failed.", "run 1", "Correct it.", version="1")
ALL = frozenset(Kind)


def found(*conditions, looked_at=ALL):
    return Found(conditions, looked_at)


class Ledger:
    """Looks and messages one after the other, an hour apart."""

    def __init__(self, *ways):
        self.alerts, self.now, self.ways = [], START, ways or ("email",)

    def look(self, *conditions, looked_at=ALL, down=(), repeat=DAY):
        """Look, tell by every way that is not down, and say what was told."""
        self.now += timedelta(hours=1)
        self.alerts = after_look(self.alerts, found(*conditions, looked_at=looked_at), self.now)
        told = {}
        for way in self.ways:
            news = news_for(self.alerts, way, self.now, repeat)
            if news and way not in down:
                self.alerts = after_telling(self.alerts, way, news, self.now)
                told[way] = [(kind, alert.key) for kind, alert in news]
        self.alerts = without_settled(self.alerts, self.ways)
        return told


def test_an_alert_is_told_once_when_it_begins_and_once_when_it_is_over():
    ledger = Ledger()
    assert ledger.look(LOW) == {"email": [(News.NEW, "disk/1")]}
    assert ledger.look(LOW) == {}
    assert ledger.look() == {"email": [(News.OVER, "disk/1")]}
    assert (ledger.look(), ledger.alerts) == ({}, [])


def test_what_is_still_wrong_is_repeated_after_some_hours_or_never():
    ledger = Ledger()
    ledger.look(LOW)
    told = [ledger.look(LOW) for _ in range(48)]
    assert [n for n, news in enumerate(told, 1) if news] == [24, 48]
    assert told[23] == {"email": [(News.STILL, "disk/1")]}
    assert [ledger.look(LOW, repeat=None) for _ in range(50)] == [{}] * 50


def test_what_was_not_looked_at_is_not_over():
    ledger = Ledger()
    ledger.look(LOW, FAILED)
    assert ledger.look(LOW, looked_at=frozenset({Kind.DISK})) == {}
    assert ledger.look(LOW) == {"email": [(News.OVER, "run/migration")]}


def test_a_second_failure_of_the_same_job_is_new():
    ledger = Ledger()
    ledger.look(FAILED)
    again = Condition(FAILED.key, Kind.RUN, "A migration failed.", "run 2", "Correct it.", version="2")
    assert ledger.look(again) == {"email": [(News.NEW, "run/migration")]}
    assert ledger.look(again) == {}


def test_several_at_once_are_one_message_the_new_ones_first():
    ledger = Ledger()
    ledger.look(LOW)
    assert ledger.look(FAILED) == {"email": [(News.NEW, "run/migration"), (News.OVER, "disk/1")]}


def test_a_receiver_that_is_away_is_told_later_and_the_other_is_not_told_twice():
    ledger = Ledger("email", "webhook")
    assert ledger.look(LOW, down=("webhook",)) == {"email": [(News.NEW, "disk/1")]}
    assert ledger.look(LOW, down=("webhook",)) == {}
    assert ledger.look(LOW) == {"webhook": [(News.NEW, "disk/1")]}
    assert ledger.look(down=("email",)) == {"webhook": [(News.OVER, "disk/1")]}
    assert ledger.look() == {"email": [(News.OVER, "disk/1")]}
    assert ledger.alerts == []


def test_what_began_and_ended_while_the_receiver_was_away_is_told_as_over():
    ledger = Ledger()
    ledger.look(LOW, down=("email",))
    ledger.look(down=("email",))
    assert ledger.look() == {"email": [(News.OVER, "disk/1")]}


def test_what_is_back_is_new_for_those_who_know_that_it_was_over():
    ledger = Ledger("email", "webhook")
    ledger.look(LOW)
    assert ledger.look(down=("webhook",)) == {"email": [(News.OVER, "disk/1")]}
    assert ledger.look(LOW) == {"email": [(News.NEW, "disk/1")]}  # the other does not know that it was over
    assert ledger.look() == {way: [(News.OVER, "disk/1")] for way in ("email", "webhook")}


@pytest.mark.parametrize("since", [None, START - DAY])
def test_since_when_stays_as_long_as_it_is_wrong(since):
    ledger = Ledger()
    condition = Condition("disk/1", Kind.DISK, "The disk is low.", "/srv", "Free space.", since=since)
    ledger.look(condition)
    ledger.look(Condition("disk/1", Kind.DISK, "The disk is lower.", "/srv", "Free space."))
    (alert,) = ledger.alerts
    assert alert.since == (since or START + timedelta(hours=1))
    assert alert.condition.what == "The disk is lower."
