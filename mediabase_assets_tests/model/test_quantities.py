"""Sizes, counts and times as people read them."""

import logging
from datetime import UTC, datetime, timedelta, timezone

import pytest

from mediabase_assets.model.quantities import counted, moment, size
from mediabase_assets.runs.log_file import QuietHandler
from mediabase_assets.runs.results import rows_table, sized

AT = datetime(2026, 11, 29, 7, 31, 42, tzinfo=UTC)
SHOWN = "2026-11-29 07:31:42 UTC"


@pytest.mark.pg
@pytest.mark.parametrize("value", [0, 1023, 10 * 1024, 123 * 2**20, 64 * 2**30])
def test_a_size_has_the_unit_of_postgresql(conn, value):
    (wanted,) = conn.execute("select pg_size_pretty(%s::bigint)", (value,)).fetchone()
    amount, unit = size(value).split()
    assert (float(amount.replace(",", "")), unit) == (pytest.approx(float(wanted.split()[0]), rel=0.05), wanted.split()[1])


@pytest.mark.parametrize("value", [1023.96, 1024**2 - 1, 1024**3 - 1, 1024**4 - 1])
def test_no_size_is_1024_of_its_unit(value):
    assert float(size(value).split()[0].replace(",", "")) < 1024


def test_a_size_in_metadata_is_a_text_and_a_number_whose_label_has_the_unit():
    assert sized(0) == {"size": "0 bytes", "size (bytes)": 0}


@pytest.mark.parametrize(("count", "text"), [(0, "0 failures"), (1, "1 failure"), (2, "2 failures"), (1_000_000, "1,000,000 failures")])
def test_one_is_singular(count, text):
    assert counted(count, "failure") == text


@pytest.mark.parametrize("at", [AT, AT.timestamp(), AT.astimezone(timezone(timedelta(hours=5, minutes=30)))])
def test_a_time_is_written_in_utc_wherever_it_comes_from(at):
    assert moment(at) == SHOWN


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        moment(datetime(2026, 11, 29, 7, 31, 42))


def test_a_time_in_a_table_of_metadata_has_its_zone():
    assert rows_table([{"since": AT}]).records[0].data == {"since": SHOWN}


def test_a_line_of_a_library_in_the_log_of_a_run_has_its_time_with_zone(tmp_path):
    handler = QuietHandler(tmp_path / "run.log")
    record = logging.LogRecord("dagster", logging.INFO, "", 0, "loaded", None, None)
    record.created = AT.timestamp()
    handler.emit(record)
    handler.close()
    assert (tmp_path / "run.log").read_text() == f"{SHOWN} dagster: loaded\n"
