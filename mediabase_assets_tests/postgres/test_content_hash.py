import random

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg import sql

from mediabase_assets.postgres.content_hash import (
    PINNED_SETTINGS,
    combine,
    content_hash,
    hash_columns,
    hash_expression,
    hash_sums,
    physical_fingerprint,
)

pytestmark = pytest.mark.pg

BASE = "create table a (id text, doc jsonb, names text[], n float8, made_at timestamptz default clock_timestamp())"


def filled(conn, name, rows, columns="id text, doc jsonb, names text[], n float8"):
    conn.execute(f"drop table if exists {name}")
    conn.execute(f"create table {name} ({columns})")
    with conn.cursor() as cursor:
        cursor.executemany(f"insert into {name} (id, doc, names, n) values (%s, %s, %s, %s)", rows)
    return content_hash(conn, "public", name)


ROWS = [("a", "{}", ["x"], 0.1), ("b", None, None, None), ("b", "null", [], 1e300), ("", '[1, "z"]', ["", None], -0.0)]


def test_the_order_of_rows_and_columns_does_not_count(conn):
    first = filled(conn, "a", ROWS)
    for seed in range(3):
        rows = ROWS[:]
        random.Random(seed).shuffle(rows)
        assert filled(conn, "b", rows, "n float8, names text[], doc jsonb, id text") == first
    assert first.rows == 4
    assert len(first.digest) == 32
    assert int(first.digest, 16)


@pytest.mark.parametrize(
    "change",
    [
        ("a", "{}", ["x"], None),
        (None, "{}", ["x"], 0.1),
        ("", "{}", ["x"], 0.1),
        ("a", "null", ["x"], 0.1),
        ("a", None, ["x"], 0.1),
        ("a", '""', ["x"], 0.1),
        ("a", "{}", [], 0.1),
        ("a", "{}", None, 0.1),
        ("a", "{}", [None], 0.1),
        ("a", "{}", ["NULL"], 0.1),
        ("a", "{}", [""], 0.1),
        ("a", "{}", ["x"], 0.10000000000000002),
        ("A", "{}", ["x"], 0.1),
        ("a ", "{}", ["x"], 0.1),
    ],
)
def test_every_difference_counts(conn, change):
    assert filled(conn, "a", ROWS).digest != filled(conn, "b", [change, *ROWS[1:]]).digest


def test_null_empty_and_json_null_are_all_apart(conn):
    seen = {filled(conn, "a", [("x", doc, None, None)]).digest for doc in (None, "null", '""', "{}", "[]")}
    seen |= {filled(conn, "a", [(text, None, None, None)]).digest for text in (None, "", " ")}
    assert len(seen) == 8


def test_a_row_more_counts_however_often_it_is_there(conn):
    seen = {filled(conn, "a", [ROWS[0]] * count).digest for count in range(5)}
    assert len(seen) == 5


def test_names_of_columns_count(conn):
    conn.execute("create table a (x text, y text); insert into a values ('1', '2')")
    conn.execute("create table b (y text, z text); insert into b values ('1', '2')")
    assert content_hash(conn, "public", "a") != content_hash(conn, "public", "b")


def test_timestamps_do_not_count_unless_wanted(conn):
    conn.execute(BASE + "; insert into a values ('a', '{}', '{}', 1)")
    before, with_time = (content_hash(conn, "public", "a", include_timestamps=flag) for flag in (False, True))
    conn.execute("update a set made_at = now() - interval '1 day'")
    assert content_hash(conn, "public", "a") == before
    assert content_hash(conn, "public", "a", include_timestamps=True) != with_time
    assert content_hash(conn, "public", "a", exclude=("id",)) != before


def test_settings_of_the_session_do_not_count_and_stay(conn):
    conn.execute("create table a (f float8, d date, i interval, b bytea)")
    conn.execute(r"insert into a values (0.1::float8 + 0.2, '2026-01-02', '1 day 2 hours', '\x00ff')")
    before = content_hash(conn, "public", "a")
    changed = {"extra_float_digits": "-5", "datestyle": "German", "intervalstyle": "iso_8601", "bytea_output": "escape"}
    for name, value in changed.items():
        conn.execute("select set_config(%s, %s, false)", (name, value))
    assert content_hash(conn, "public", "a") == before
    assert conn.execute("show extra_float_digits").fetchone() == ("-5",)
    with conn.transaction():
        assert content_hash(conn, "public", "a") == before
        assert conn.execute("show intervalstyle").fetchone() == ("iso_8601",)


def test_views_and_odd_names(conn):
    conn.execute('create schema "S ""x"; create table "S ""x"."T %s" ("c %s {}" text, "D" jsonb)')
    conn.execute("""insert into "S ""x"."T %s" values ('a', '{}')""")
    conn.execute('create view v as select * from "S ""x"."T %s"')
    conn.execute("create materialized view m as select * from v")
    table = content_hash(conn, 'S "x', "T %s")
    assert table == content_hash(conn, "public", "v") == content_hash(conn, "public", "m")
    assert content_hash(conn, "public", "m").rows == 1


@pytest.mark.parametrize("server_version", [140000, 180000])
def test_other_sql_may_compute_the_same(conn, server_version):
    if server_version > conn.info.server_version:
        pytest.skip("this server cannot cast bytes to a number")
    expected = filled(conn, "a", ROWS)
    for name, value in PINNED_SETTINGS:
        conn.execute("select set_config(%s, %s, false)", (name, value))
    columns = hash_columns(conn, "public", "a")
    query = sql.SQL("select {} from a l cross join lateral {} as d(digest)").format(
        hash_sums(sql.Identifier("d", "digest"), server_version), hash_expression(columns, "l")
    )
    assert combine(columns, *conn.execute(query).fetchone()) == expected.digest


def test_a_large_table_is_hashed_in_parallel(conn):
    conn.execute("create table a as select i::text id, repeat('x', 300) v from generate_series(1, 60000) i; analyze a")
    columns = hash_columns(conn, "public", "a")
    query = sql.SQL("explain select {} from a cross join lateral {} as d(digest)").format(
        hash_sums(sql.Identifier("digest"), conn.info.server_version), hash_expression(columns)
    )
    assert "Gather" in "\n".join(row[0] for row in conn.execute(query))


CELLS = st.one_of(st.none(), st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=5))


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=st.lists(st.tuples(CELLS, CELLS), max_size=4), other=st.lists(st.tuples(CELLS, CELLS), max_size=4))
def test_equal_hashes_mean_equal_multisets(conn, one, other):
    hashes = []
    for rows in (one, other):
        conn.execute("drop table if exists h; create table h (x text, y text)")
        if rows:
            with conn.cursor() as cursor:
                cursor.executemany("insert into h values (%s, %s)", rows)
        hashes.append(content_hash(conn, "public", "h"))
    assert (hashes[0] == hashes[1]) == (sorted(one, key=repr) == sorted(other, key=repr))


def test_the_fingerprint_tells_every_write(conn):
    conn.execute("create table a (id int primary key, t text); insert into a select i, 'x' from generate_series(1, 50) i")
    seen = {physical_fingerprint(conn, "public", "a")}
    for statement in (
        "insert into a values (51, 'x')",
        "delete from a where id = 50",
        "update a set t = 'y' where id = 1",
        "update a set t = 'x' where id = 1",
        "alter table a add n int",
        "truncate a",
        "drop table a; create table a (id int primary key, t text, n int)",
    ):
        conn.execute(statement)
        seen.add(physical_fingerprint(conn, "public", "a"))
    assert len(seen) == 8


def test_the_fingerprint_stays_when_nobody_writes(conn):
    conn.execute("create table a (id int); insert into a select generate_series(1, 50)")
    before = physical_fingerprint(conn, "public", "a")
    conn.execute("analyze a")
    conn.execute("vacuum (freeze) a")
    conn.execute("create index on a (id)")
    with conn.transaction(force_rollback=True):
        conn.execute("delete from a where id = 3")
    assert physical_fingerprint(conn, "public", "a") == before


def test_the_fingerprint_needs_no_superuser(conn):
    conn.execute("create role fingerprint_reader" if not has_role(conn, "fingerprint_reader") else "select 1")
    conn.execute("create table a (id int); grant select on a to fingerprint_reader")
    expected = physical_fingerprint(conn, "public", "a")
    conn.execute("set role fingerprint_reader")
    assert physical_fingerprint(conn, "public", "a") == expected


def has_role(conn, name):
    return conn.execute("select exists (select from pg_roles where rolname = %s)", (name,)).fetchone()[0]
