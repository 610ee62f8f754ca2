"""Cron expressions: what the settings take, Dagster takes too, and it fires; a mistake is found with key and sentence."""

import calendar
import os
import subprocess
import sys
import warnings
from datetime import timedelta

import dagster as dg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.settings.cron import cron, longest_pause
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.fixtures.environment import clean_environment

_numbers = st.integers(0, 70).map(str)
_bases = st.one_of(
    st.just("*"), _numbers, st.tuples(_numbers, _numbers).map("-".join),
    st.sampled_from(["jan", "feb", "DEC", "nov-feb", "mon", "Sun", "fri-mon", "abc", "", "l", "٣", "1-", "-1"]),
)  # fmt: skip
_parts = st.tuples(_bases, st.sampled_from(["", "", "/1", "/2", "/0", "/30", "/31", "/40", "/70"])).map("".join)
_fields = st.lists(_parts, min_size=1, max_size=3).map(",".join)
_expressions = st.lists(_fields, min_size=5, max_size=5).map(" ".join)
_days_and_months = st.tuples(st.lists(st.integers(1, 31), min_size=1, max_size=3), st.lists(st.integers(1, 12), min_size=1, max_size=3))


@dg.job
def nothing():
    """A job to be scheduled."""


@settings(max_examples=400, deadline=None)
@given(_expressions)
def test_what_is_taken_dagster_takes_too(text):
    try:
        cron(text)
    except ValueError:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Dagster takes a range of one day of the week for a long interval
        assert dg.ScheduleDefinition(name="when", job=nothing, cron_schedule=text).cron_schedule == text


@settings(max_examples=300, deadline=None)
@given(_days_and_months)
def test_an_expression_is_taken_if_one_of_its_dates_is_in_a_calendar(found):
    days, months = found
    fires = any(day <= calendar.monthrange(2024, month)[1] for day in days for month in months)  # a leap year
    text = f"0 3 {','.join(map(str, days))} {','.join(map(str, months))} *"
    if fires:
        assert cron(text) == text
    else:
        with pytest.raises(ValueError, match="never fires"):
            cron(text)


@pytest.mark.parametrize("key", ["views.refresh_schedule", "backup.proof_schedule"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0 0 31 2 *", "never fires: none of its months has such a day"),
        ("0 0 31 2,4,6 *", "never fires"),
        ("0 3 0 0 *", "is not a cron expression.*: the day is 0"),
        ("*/0 * * * *", "is not a cron expression.*: the minute has the step 0"),
        ("0 0 * * 8", "the day of the week is 8"),
        ("0 jan * * *", "the hour is jan"),
        ("0 3 * * * *", "6 fields instead of five"),
        ("*/70 * * * *", "the minute has the step 70"),
    ],
)
def test_a_mistake_is_told_with_its_key_and_reason(key, text, reason):
    section, name = key.split(".")
    with pytest.raises(ConfigurationError, match=reason) as caught:
        load_settings(**{section: {name: text}})
    assert key in str(caught.value)


def test_a_command_fails_at_the_start_and_not_when_dagster_loads(tmp_path):
    kept = clean_environment()
    done = subprocess.run(
        [sys.executable, "-m", "mediabase_assets.cli", "migrate", "--demo", "--skip-confirmation"],
        env=kept | {"MEDIABASE_HOME": str(tmp_path / "home"), "MEDIABASE_REFRESH_SCHEDULE": "0 0 31 2 *", "COLUMNS": "200"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert "'0 0 31 2 *' never fires" in done.stderr
    assert "environment variable MEDIABASE_REFRESH_SCHEDULE, views.refresh_schedule" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()


def test_a_home_whose_path_is_no_utf8_is_refused(tmp_path):
    kept = {os.fsencode(k): os.fsencode(v) for k, v in os.environ.items() if not k.startswith(("MB_", "PG", "MEDIABASE_", "DAGSTER_"))}
    home = os.fsencode(tmp_path) + b"/caf\xe9"
    done = subprocess.run(
        [sys.executable, "-m", "mediabase_assets.cli", "db", "start"],
        env=kept | {b"MEDIABASE_HOME": home, b"COLUMNS": b"200"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert "The setting `home` is wrong: it should be a folder whose whole path is UTF-8" in done.stderr
    assert "environment variable MEDIABASE_HOME" in done.stderr
    assert "Traceback" not in done.stderr
    assert not os.path.exists(home)  # noqa: PTH110  # bytes


@pytest.mark.parametrize(
    ("expression", "days", "hours"),
    [
        ("@hourly", 0, 1), ("@weekly", 7, 0), ("@yearly", 366, 0), ("0 3 * * *", 1, 0), ("0 3,15 * * *", 0, 12), ("0 3,5 * * *", 0, 22),
        ("0 4 * * 0", 7, 0), ("0 4 * * 7", 7, 0), ("0 3 * * mon-fri", 3, 0), ("0 3 1 * *", 31, 0), ("0 3 1,15 * *", 17, 0),
        ("0 3 1 * mon", 7, 0), ("0 0 29 2 *", 1461, 0),
    ],
)  # fmt: skip
def test_the_longest_pause_between_two_moments(expression, days, hours):
    assert longest_pause(expression) == timedelta(days=days, hours=hours)
