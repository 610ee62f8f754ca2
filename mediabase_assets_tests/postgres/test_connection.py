from dataclasses import dataclass

import pytest
from psycopg import sql

pytestmark = pytest.mark.pg
NUMBERS = "select n as number, n::text as text from generate_series(1, %s::int) as n order by n"


@dataclass(frozen=True)
class Number:
    number: int
    text: str


def test_value_is_the_first_column_of_the_first_row(conn):
    assert conn.value(NUMBERS, 3) == 1
    assert conn.value(NUMBERS, 0) is None
    assert conn.value("select null") is None


def test_values_are_the_first_column_of_every_row(conn):
    assert conn.values(NUMBERS, 3) == [1, 2, 3]
    assert conn.values(NUMBERS, 0) == []


def test_rows_are_made_by_the_names_of_the_columns(conn):
    assert conn.row(Number, "select text, number from (" + NUMBERS + ") as s", 2) == Number(1, "1")
    assert conn.row(Number, NUMBERS, 0) is None
    assert conn.rows(Number, NUMBERS, 2) == [Number(1, "1"), Number(2, "2")]
    with pytest.raises(TypeError, match="other"):
        conn.rows(Number, "select 1 as other")


def test_parameters_are_in_order_or_have_names(conn):
    assert conn.value("select %s - %s", 5, 3) == 2
    assert conn.value("select %(more)s::int - %(less)s::int", less=3, more=5) == 2
    assert conn.value("select %(query)s::text", query="a parameter may have the name of an argument") is not None
    assert conn.values("select unnest(%s::text[])", ["one list", "is one parameter"]) == ["one list", "is one parameter"]


def test_without_parameters_a_percent_sign_is_itself(conn):
    assert conn.value("select '100 %'") == "100 %"
    assert conn.value(sql.SQL("select {}").format(sql.Literal("%s"))) == "%s"
