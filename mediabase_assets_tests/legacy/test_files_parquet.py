import json
import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mediabase_assets.legacy.files import FileFormat, load_legacy_file
from mediabase_assets.legacy.table import describe_legacy_table
from mediabase_assets.model.errors import LegacyFileError, LegacyTableExistsError, ServerError
from mediabase_assets.model.legacy import LEGACY_COLUMNS
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.content_hash import content_hash
from mediabase_assets_tests.fixtures.legacy_files import TABLE, fetch, legacy_row, legacy_rows, legacy_schema, relations, write_parquet
from mediabase_assets_tests.fixtures.real_data import SAMPLE, needs_sample

pytestmark = pytest.mark.pg


def refused(conn, path, message, *, error=LegacyFileError):
    """The load fails with that message and leaves nothing."""
    before = relations(conn)
    with pytest.raises(error, match=message) as told:
        load_legacy_file(conn, path)
    assert relations(conn) == before
    assert told.value.next_step
    assert conn.info.transaction_status == 0
    return told.value


def test_every_value_arrives(conn, tmp_path):
    rows = legacy_rows()
    progress = []
    report = load_legacy_file(
        conn, write_parquet(tmp_path / "x.parquet", rows), progress=lambda done, total: progress.append((done, total))
    )
    assert (report.format, report.rows, progress) == (FileFormat.PARQUET, len(rows), [(40, 40)])
    assert report.columns_missing == report.columns_extra == ()
    for got, row in zip(fetch(conn), rows, strict=True):
        expected = row | {c.name: None if row[c.name] is None else json.loads(row[c.name]) for c in LEGACY_COLUMNS if c.is_json}
        if math.isnan(row["expression_fold_change"]):
            assert math.isnan(got.pop("expression_fold_change"))
            del expected["expression_fold_change"]
        assert got == expected
    assert conn.execute("select drugs is null, features = 'null' from " + TABLE + " limit 1").fetchone() == (
        False,
        True,
    )
    indexes = conn.execute("select count(*) from pg_indexes where schemaname = 'public'").fetchone()
    assert indexes == (19,)
    assert conn.execute(f"select reltuples from pg_class where relname = '{TABLE}'").fetchone() == (40.0,)


def test_the_name_of_the_file_does_not_matter_and_the_table_is_as_asked(conn, tmp_path):
    path = write_parquet(tmp_path / "x.sql", legacy_rows(5))
    load_legacy_file(conn, path, schema="Old data", table="t")
    assert describe_legacy_table(conn, "Old data", "t").has_rows


def test_many_batches(conn, tmp_path, monkeypatch):
    monkeypatch.setattr("mediabase_assets.legacy.files.parquet._BATCH_ROWS", 50)
    rows = legacy_rows(333)
    load_legacy_file(conn, write_parquet(tmp_path / "a", rows), schema="one")
    monkeypatch.setattr("mediabase_assets.legacy.files.parquet._BATCH_ROWS", 8000)
    load_legacy_file(conn, tmp_path / "a", schema="two")
    one, two = content_hash(conn, "one", TABLE), content_hash(conn, "two", TABLE)
    assert one == two
    assert one.rows == 333


def test_a_batch_has_no_more_rows_than_the_settings_say(settings, tmp_path):
    few = settings.model_copy(update={"performance": settings.performance.model_copy(update={"batch_size": 20})})
    path, seen = write_parquet(tmp_path / "a", legacy_rows(50)), []
    with connect(few, autocommit=True) as conn:
        load_legacy_file(conn, path, schema="one", progress=lambda rows, total: seen.append(rows))
    assert seen == [20, 40, 50]


VARIANTS = {
    "struct": ("drugs", pa.struct([("n", pa.int64()), ("when", pa.date32())])),
    "map": ("drugs", pa.map_(pa.string(), pa.struct([("n", pa.float32())]))),
    "list of structs": ("drugs", pa.list_(pa.struct([("n", pa.int8())]))),
    "large string": ("drugs", pa.large_string()),
    "string view": ("drugs", pa.string_view()),
    "binary": ("drugs", pa.binary()),
    "dictionary": ("gene_symbol", pa.dictionary(pa.int32(), pa.string())),
    "dictionary of JSON": ("drugs", pa.dictionary(pa.int16(), pa.string())),
    "large list": ("pathways", pa.large_list(pa.large_string())),
    "fixed list": ("pathways", pa.list_(pa.string(), 2)),
    "list of numbers": ("ncbi_ids", pa.list_(pa.int64())),
    "list of categories": ("pathways", pa.list_(pa.dictionary(pa.int32(), pa.string()))),
    "literal": ("pathways", pa.string()),
    "integer": ("expression_fold_change", pa.int32()),
    "float": ("expression_fold_change", pa.float32()),
    "decimal": ("expression_fold_change", pa.decimal128(6, 2)),
    "text": ("expression_fold_change", pa.string()),
    "null": ("drugs", pa.null()),
    "id as number": ("gene_id", pa.int64()),
}
INPUT = {
    "struct": {"n": 1, "when": None},
    "map": [("k", {"n": 0.5})],
    "list of structs": [{"n": 1}],
    "large string": '{"a": 1}',
    "string view": '{"a": 1}',
    "binary": b'{"a": 1}',
    "dictionary": "x",
    "dictionary of JSON": '{"a": 1}',
    "literal": '{a,"b c"}',
    "list of numbers": [1, 2],
    "integer": 2,
    "float": 0.5,
    "decimal": 2,
    "text": "1e-3",
    "null": None,
    "id as number": 7,
}
OUTPUT = {
    "struct": {"n": 1, "when": None},
    "map": {"k": {"n": 0.5}},
    "list of structs": [{"n": 1}],
    "dictionary": "x",
    "literal": ["a", "b c"],
    "list of numbers": ["1", "2"],
    "integer": 2.0,
    "float": 0.5,
    "decimal": 2.0,
    "text": 0.001,
    "null": None,
    "id as number": "7",
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_variants_of_types(conn, tmp_path, variant):
    column, kind = VARIANTS[variant]
    value = INPUT.get(variant, ["a", "b c"])
    rows = [legacy_row(1, **{column: value}), legacy_row(2, **{column: None})]
    load_legacy_file(conn, write_parquet(tmp_path / "x", rows, **{column: kind}))
    expected = OUTPUT.get(variant, ["a", "b c"] if column == "pathways" else {"a": 1})
    assert [row[column] for row in fetch(conn)] == [expected, None]


def test_only_the_columns_of_the_file_are_made_and_unknown_ones_kept(conn, tmp_path):
    table = pa.table(
        {
            "transcript_id": ["a", "b"],
            "gene_id": ["g", None],
            "my score": [1.5, None],
            "rank": [1, 2],
            "info": [{"a": 1}, None],
            "tags": [["x"], []],
            "flag": [True, None],
        }
    )
    pq.write_table(table, tmp_path / "x")
    report = load_legacy_file(conn, tmp_path / "x")
    assert report.columns_extra == ("my score", "rank", "info", "tags", "flag")
    assert len(report.columns_missing) == len(LEGACY_COLUMNS) - 2
    assert describe_legacy_table(conn, "public", TABLE).columns == {
        "transcript_id": "text",
        "gene_id": "text",
        "my score": "double precision",
        "rank": "bigint",
        "info": "jsonb",
        "tags": "text[]",
        "flag": "text",
    }
    assert fetch(conn)[0]["info"] == {"a": 1}


@pytest.mark.parametrize("column", ["drugs", "features"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{not json", "invalid input syntax for type json"),
        ("", "invalid input syntax for type json"),
        ('{"a": NaN}', "invalid input syntax for type json"),
        (r'{"a": "\u0000"}', "unsupported Unicode escape sequence"),
        (r'{"a": "\ud800"}', "Unicode (low|high) surrogate"),
        ("[" * 20000 + "]" * 20000, "stack depth limit exceeded"),
        ('{"a": 1e200000}', "overflow"),
        ('{"a": "\0"}', "invalid byte sequence"),
    ],
)
def test_bad_json_is_told_with_row_and_column(conn, tmp_path, column, value, message):
    rows = legacy_rows(30)
    rows[22] = legacy_row(22, **{column: value})
    error = refused(conn, write_parquet(tmp_path / "x", rows), message)
    assert "row 23 (transcript_id 'ENST00000000022')" in error.where
    assert f"column {column}" in error.where
    assert column in error.what


@pytest.mark.parametrize(
    ("column", "value", "kind", "message"),
    [
        ("gene_symbol", b"\xff\xfe", pa.binary(), "invalid byte sequence"),
        ("drugs", b'{"a": "\xff"}', pa.binary(), "invalid byte sequence"),
        ("pathways", [b"\xc3("], pa.list_(pa.binary()), "invalid byte sequence"),
        ("gene_symbol", "a\0b", pa.string(), "invalid byte sequence"),
        ("expression_fold_change", "1e999", pa.string(), "out of range"),
        ("expression_fold_change", "much", pa.string(), "invalid input syntax"),
        ("pathways", "not an array", pa.string(), "malformed array literal"),
    ],
)
def test_other_bad_values_are_told_with_their_row(conn, tmp_path, column, value, kind, message):
    rows = [legacy_row(number, **{column: None}) for number in range(9)]
    rows[5][column] = value
    error = refused(conn, write_parquet(tmp_path / "x", rows, **{column: kind}), message)
    assert "row 6 (transcript_id 'ENST00000000005')" in error.where


def test_the_row_is_told_in_later_batches_too(conn, tmp_path, monkeypatch):
    monkeypatch.setattr("mediabase_assets.legacy.files.parquet._BATCH_ROWS", 50)
    rows = legacy_rows(200)
    rows[177]["drugs"] = "{"
    error = refused(conn, write_parquet(tmp_path / "x", rows), "invalid input syntax")
    assert "row 178 (transcript_id 'ENST00000000177')" in error.where


def test_ids_have_to_be_there_and_unique(conn, tmp_path):
    refused(conn, write_parquet(tmp_path / "a", [legacy_row(1), legacy_row(1)]), "'ENST00000000001' occurs 2 times")
    refused(conn, write_parquet(tmp_path / "b", [legacy_row(1, transcript_id=None)]), "1 row has no transcript_id")


def test_values_too_long_for_their_index(conn, tmp_path):
    long = "".join(chr(33 + (i * i) % 90) + str(i) for i in range(20000))
    refused(conn, write_parquet(tmp_path / "a", [legacy_row(1, pathways=[long])]), "too long for the gin index")
    refused(conn, write_parquet(tmp_path / "b", [legacy_row(1, gene_symbol=long)]), "too long for the btree index")


@pytest.mark.parametrize("keep", [8, 100, 4000, -1, -9])
def test_truncated_files(conn, tmp_path, keep):
    content = write_parquet(tmp_path / "x", legacy_rows(500)).read_bytes()
    (tmp_path / "cut").write_bytes(content[:keep])
    refused(conn, tmp_path / "cut", "damaged or cut short")


def test_damaged_pages(conn, tmp_path):
    content = bytearray(write_parquet(tmp_path / "x", legacy_rows(500)).read_bytes())
    content[4:5000] = b"\xff" * 4996
    (tmp_path / "bad").write_bytes(content)
    refused(conn, tmp_path / "bad", "damaged or cut short")


def test_files_of_something_else(conn, tmp_path):
    pq.write_table(pa.table({"a": [1], "b": ["x"]}), tmp_path / "other")
    error = refused(conn, tmp_path / "other", "not a legacy table")
    assert "a, b" in error.what
    pq.write_table(pa.Table.from_pylist([], legacy_schema()), tmp_path / "empty")
    refused(conn, tmp_path / "empty", "without any row")


@pytest.mark.parametrize("statement", ["create table {} (a int)", "create view {} as select 1 as a"])
def test_what_is_there_stays(conn, tmp_path, statement):
    conn.execute(statement.format(TABLE))
    refused(conn, write_parquet(tmp_path / "x", legacy_rows(3)), "there already", error=LegacyTableExistsError)


def test_a_role_that_may_not_create(conn, tmp_path):
    conn.execute("set role pg_monitor")
    refused(conn, write_parquet(tmp_path / "x", legacy_rows(3)), "permission denied", error=ServerError)


def test_an_interrupted_load_leaves_nothing(conn, tmp_path):
    def interrupt(done, total):
        raise KeyboardInterrupt

    before = relations(conn)
    with pytest.raises(KeyboardInterrupt):
        load_legacy_file(conn, write_parquet(tmp_path / "x", legacy_rows(3)), progress=interrupt)
    assert relations(conn) == before


def test_inside_a_transaction_of_the_caller(conn, tmp_path):
    with conn.transaction(force_rollback=True):
        load_legacy_file(conn, write_parquet(tmp_path / "x", legacy_rows(3)))
        assert len(fetch(conn)) == 3
    assert relations(conn) == []


@pytest.mark.real_data
@needs_sample
def test_real_rows(conn):
    report = load_legacy_file(conn, SAMPLE)
    assert report.rows == 2002
    expected = pq.read_table(SAMPLE).to_pylist()
    got = {row["transcript_id"]: row for row in fetch(conn)}
    for row in expected:
        for column in LEGACY_COLUMNS:
            value = row[column.name]
            value = json.loads(value) if column.is_json and value is not None else value
            assert got[row["transcript_id"]][column.name] == value
