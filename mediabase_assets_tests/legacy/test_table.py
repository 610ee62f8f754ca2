import pytest

from mediabase_assets.legacy.table import (
    add_keys_and_indexes,
    create_legacy_table,
    describe_legacy_table,
    refuse_columns,
)
from mediabase_assets.model.errors import LegacyFileError, LegacyTableExistsError
from mediabase_assets.model.legacy import LEGACY_COLUMNS, LEGACY_INDEXES, LegacyColumn
from mediabase_assets_tests.fixtures.legacy_files import TABLE, relations

pytestmark = pytest.mark.pg


def test_a_table_of_schema_v0_1_9(conn):
    create_legacy_table(conn, "old", TABLE)
    add_keys_and_indexes(conn, "old", TABLE)
    found = describe_legacy_table(conn, "old", TABLE)
    assert found.columns == {c.name: c.sql_type for c in LEGACY_COLUMNS}
    assert (found.kind, found.is_table, found.has_rows, found.is_readable) == ("table", True, False, True)
    assert found.missing == found.extra == found.missing_required == ()
    assert found.noted_types == found.wrong_types == {}
    indexes = conn.execute("select count(*) from pg_indexes where schemaname = 'old'").fetchone()
    assert indexes == (len(LEGACY_INDEXES) + 1,)
    conn.execute(f"insert into old.{TABLE} (transcript_id) values ('a')")
    row = conn.execute(f"select drugs, pathways, expression_fold_change from old.{TABLE}").fetchone()
    assert row == ({}, [], 1.0)
    assert describe_legacy_table(conn, "old", TABLE).has_rows


def test_nothing_there(conn):
    found = describe_legacy_table(conn, "nowhere", TABLE)
    assert not found.exists
    assert not found.is_table


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("create table {} (a int)", "table"),
        ("create view {} as select 1 as transcript_id", "view"),
        ("create materialized view {} as select 1 as transcript_id", "materialized view"),
        ("create table {} (transcript_id text) partition by hash (transcript_id)", "partitioned table"),
        ("create sequence {}", "sequence"),
        ("create type {} as (a int)", "composite type"),
    ],
)
def test_what_is_there_is_never_overwritten(conn, statement, kind):
    conn.execute(statement.format(TABLE))
    assert describe_legacy_table(conn, "public", TABLE).kind == kind
    with pytest.raises(LegacyTableExistsError, match=f"A {kind} named {TABLE}"):
        create_legacy_table(conn, "public", TABLE)


def test_types_that_read_as_well_are_noted_and_others_told(conn):
    conn.execute(
        f"create table {TABLE} (transcript_id varchar(30), gene_id bigint, drugs json, go_terms text,"
        " pathways varchar[], expression_fold_change numeric(8,2), my_note text, publications jsonb)"
    )
    found = describe_legacy_table(conn, "public", TABLE)
    assert found.noted_types == {
        "transcript_id": ("character varying", "text"),
        "drugs": ("json", "jsonb"),
        "pathways": ("character varying[]", "text[]"),
        "expression_fold_change": ("numeric", "double precision"),
    }
    assert found.wrong_types == {"gene_id": ("bigint", "text"), "go_terms": ("text", "jsonb")}
    assert found.extra == ("my_note",)
    assert "features" in found.missing
    add_keys_and_indexes(conn, "public", TABLE)  # GIN takes no json: that index is left out


def test_required_columns(conn):
    conn.execute(f"create table {TABLE} (gene_name text)")
    found = describe_legacy_table(conn, "public", TABLE)
    assert found.missing_required == (("transcript_id",), ("gene_id", "gene_symbol"))
    with pytest.raises(LegacyFileError, match="no column transcript_id, and none of gene_id or gene_symbol"):
        refuse_columns(["gene_name"], "f")
    with pytest.raises(LegacyFileError, match="twice: drugs"):
        refuse_columns(["transcript_id", "gene_id", "drugs", "drugs"], "f")


def test_a_table_that_this_role_may_not_read(conn):
    create_legacy_table(conn, "public", TABLE)
    conn.execute("set role pg_monitor")
    found = describe_legacy_table(conn, "public", TABLE)
    assert (found.is_readable, found.has_rows) == (False, None)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("('a'), ('b'), ('b')", "'b' occurs 2 times"),
        ("('a'), (null), (null)", "2 rows have no transcript_id"),
    ],
)
def test_ids_that_make_no_key(conn, values, message):
    create_legacy_table(conn, "public", TABLE, [LegacyColumn("transcript_id", "text")])
    conn.execute(f"insert into {TABLE} values {values}")
    with pytest.raises(LegacyFileError, match=message):
        add_keys_and_indexes(conn, "public", TABLE)


LONG = "(select string_agg(md5(i::text), '') from generate_series(1, 4000) i)"


@pytest.mark.parametrize(
    ("column", "kind", "value"),
    [("gene_symbol", "text", LONG), ("pathways", "text[]", f"array[{LONG}]"), ("transcript_id", "text", LONG)],
)
def test_values_too_long_for_an_index(conn, column, kind, value):
    columns = {"transcript_id": "text", column: kind}
    create_legacy_table(conn, "public", TABLE, [LegacyColumn(*item) for item in columns.items()])
    conn.execute(f"alter table {TABLE} alter transcript_id set default 'a'")
    conn.execute(f"insert into {TABLE} ({column}) values ({value})")
    with pytest.raises(LegacyFileError, match="too long") as told:
        add_keys_and_indexes(conn, "public", TABLE)
    assert column in told.value.where


def test_only_names_of_types_become_types(conn):
    with pytest.raises(ValueError, match="not the name of a type"):
        create_legacy_table(conn, "public", TABLE, [LegacyColumn("a", "text); drop table x; --")])
    assert relations(conn) == []
