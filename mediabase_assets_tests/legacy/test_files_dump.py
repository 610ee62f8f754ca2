import gzip
import subprocess
import tarfile

import pytest

from mediabase_assets.legacy.files import FileFormat, detect_format, load_legacy_file
from mediabase_assets.model.errors import LegacyFileError, LegacyTableExistsError
from mediabase_assets.postgres.connect import client_tool, connect, libpq_env
from mediabase_assets.postgres.content_hash import content_hash
from mediabase_assets_tests.fixtures.legacy_files import TABLE, fetch, legacy_rows, relations, write_parquet

pytestmark = pytest.mark.pg

FORMATS = {
    FileFormat.DUMP_CUSTOM: ["-Fc"],
    FileFormat.DUMP_DIRECTORY: ["-Fd"],
    FileFormat.DUMP_TAR: ["-Ft"],
    FileFormat.SQL: ["-Fp"],
}


@pytest.fixture
def loaded(conn, tmp_path):
    """A database with a legacy table in a schema of its own, and much beside it."""
    load_legacy_file(conn, write_parquet(tmp_path / "source", legacy_rows()), schema="Old")
    conn.execute(f"""
        create table other (a int); insert into other values (1);
        create view "Old".gene_id_lookup as select transcript_id, gene_id from "Old".{TABLE};
        create function f() returns void language plpgsql as $x$ begin
CREATE TABLE {TABLE} (evil int);
INSERT INTO {TABLE} VALUES (1);
        end $x$;
        create role owner_of_{conn.info.dbname};
        alter table "Old".{TABLE} owner to owner_of_{conn.info.dbname};
        comment on table "Old".{TABLE} is 'a comment
COPY public.{TABLE} (x)';
    """)
    yield conn
    conn.execute(f"drop owned by owner_of_{conn.info.dbname} cascade; drop role owner_of_{conn.info.dbname}")


def dump(settings, target, *options):
    subprocess.run([client_tool("pg_dump"), "-f", str(target), *options], env=libpq_env(settings), check=True, capture_output=True)
    return target


def refused(conn, path, message):
    before = relations(conn)
    with pytest.raises(LegacyFileError, match=message) as told:
        load_legacy_file(conn, path, schema="new")
    assert relations(conn) == before
    assert str(path) in told.value.where
    assert told.value.next_step


@pytest.mark.parametrize("options", [["-t", f'"Old".{TABLE}'], [], ["--inserts"], ["--column-inserts", "--rows-per-insert=7"]])
@pytest.mark.parametrize("file_format", FORMATS)
def test_round_trips(loaded, settings, tmp_path, file_format, options):
    path = dump(settings, tmp_path / "x", *FORMATS[file_format], *options)
    assert detect_format(path) is file_format
    progress = []
    report = load_legacy_file(loaded, path, schema="new", progress=lambda *seen: progress.append(seen))
    assert (report.format, report.rows) == (file_format, 40)
    assert content_hash(loaded, "new", TABLE) == content_hash(loaded, "Old", TABLE)
    assert loaded.execute("select count(*) from pg_indexes where schemaname = 'new'").fetchone() == (19,)
    assert loaded.execute("select tableowner from pg_tables where schemaname = 'new'").fetchone() == ("postgres",)
    if file_format is FileFormat.SQL and not options:
        assert "table public.other" in report.ignored
        assert any(phrase.endswith("x CREATE") for phrase in report.ignored)


def test_a_gzipped_script(loaded, settings, tmp_path):
    path = dump(settings, tmp_path / "x.sql", "-Fp")
    packed = tmp_path / "any name"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert load_legacy_file(loaded, packed, schema="new").format is FileFormat.SQL_GZIP
    assert content_hash(loaded, "new", TABLE) == content_hash(loaded, "Old", TABLE)
    packed.write_bytes(packed.read_bytes()[:-900])
    loaded.execute("drop schema new cascade")
    refused(loaded, packed, "cut short")
    packed.write_bytes(packed.read_bytes()[:11])
    refused(loaded, packed, "damaged or cut short")


def test_another_encoding(conn, tmp_path):
    script = f"""SET client_encoding = 'LATIN1';
CREATE TABLE {TABLE} (transcript_id text, gene_id text);
COPY {TABLE} (transcript_id, gene_id) FROM stdin;
\xe4\t\\N
\\.
"""
    (tmp_path / "x").write_bytes(script.encode("latin-1"))
    load_legacy_file(conn, tmp_path / "x")
    assert fetch(conn)[0]["transcript_id"] == "ä"


@pytest.mark.parametrize("kind", ["-Fc", "-Ft"])
def test_truncated_archives(loaded, settings, tmp_path, kind):
    loaded.execute(f"""insert into "Old".{TABLE} (transcript_id, drugs)
        select i, jsonb_build_object('x', md5(i::text), 'y', md5(i::text || 'y')) from generate_series(1, 20000) i""")
    content = dump(settings, tmp_path / "x", kind).read_bytes()
    for keep in (9, 2000, len(content) // 2):
        (tmp_path / "cut").write_bytes(content[:keep])
        refused(loaded, tmp_path / "cut", "damaged or cut short|cut short|expected")


@pytest.mark.parametrize("options", [[], ["--inserts"], ["--rows-per-insert=10"]])
def test_truncated_scripts(loaded, settings, tmp_path, options):
    content = dump(settings, tmp_path / "x", *options).read_bytes()
    start = content.index(b'"Old".cancer_transcript_base', content.index(b"CREATE TABLE"))
    for keep in (start + 40, content.index(b"ENST00000000007") + 5, content.index(b"ENST00000000019") + 400):
        (tmp_path / "cut").write_bytes(content[:keep])
        refused(loaded, tmp_path / "cut", "ends in the middle|cut short")


@pytest.mark.parametrize("file_format", FORMATS)
def test_dumps_without_the_table_or_its_rows(loaded, settings, tmp_path, file_format):
    path = dump(settings, tmp_path / "x", *FORMATS[file_format], "-t", "other")
    refused(loaded, path, "holds no table cancer_transcript_base; .*public.other")
    path = dump(settings, tmp_path / "y", *FORMATS[file_format], "-s")
    refused(loaded, path, "no rows|without any row")


@pytest.mark.parametrize("kind", ["-Fc", "-Fp"])
def test_two_such_tables(loaded, settings, tmp_path, kind):
    loaded.execute(f'create table {TABLE} as table "Old".{TABLE}')
    refused(loaded, dump(settings, tmp_path / "x", kind), "several schemas|two such tables")


HEAD = f"CREATE TABLE x.{TABLE} (transcript_id text, gene_id text, drugs jsonb, pathways text[], n numeric);\n"


@pytest.mark.parametrize(
    ("script", "rows"),
    [
        (f"insert into x.{TABLE} values ('a', E'b\\tc\\'d', '{{}}'::jsonb, ARRAY['x', NULL], -1.5e3);", ("b\tc'd", -1500)),
        (f"INSERT INTO {TABLE} (n, gene_id, transcript_id) VALUES\n(2, 'it''s; a\nname', 'a')\n;", ("it's; a\nname", 2)),
        (f"COPY x.{TABLE} (transcript_id, n, gene_id) FROM stdin;\na\t3\t\\N\n\\.\n", (None, 3)),
        (f"DROP TABLE genes; DROP DATABASE x;\n\\! touch /tmp/evil\nCOPY {TABLE} (transcript_id) FROM stdin;\na\n\\.\n",
         (None, None)),
    ],
)  # fmt: skip
def test_scripts_by_hand(conn, tmp_path, script, rows):
    conn.execute("create table genes (a int)")
    (tmp_path / "x").write_text(HEAD.replace("x.", "") + script if "x." not in script else HEAD + script)
    load_legacy_file(conn, tmp_path / "x")
    assert [(row["gene_id"], row["n"]) for row in fetch(conn)] == [rows]
    assert ("public", "genes") in relations(conn)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (f"INSERT INTO x.{TABLE} VALUES (pg_read_file('/etc/passwd'));", "something else than literals"),
        (f"INSERT INTO x.{TABLE} VALUES ('a' || 'b');", "something else than literals"),
        (f"INSERT INTO x.{TABLE} (transcript_id) VALUES ('a');\n" + HEAD, "defines cancer_transcript_base twice"),
        (f"INSERT INTO y.{TABLE} VALUES ('a');", "two such tables"),
        (f"COPY x.{TABLE} (transcript_id, nothing) FROM stdin;\na\tb\n\\.\n", "nothing"),
        (f"COPY x.{TABLE} (transcript_id) FROM stdin;\na\tb\n\\.\n", "extra data"),
        (f"COPY x.{TABLE} (transcript_id) FROM stdin WITH (FORMAT csv);\na\n\\.\n", "options"),
        ("SET standard_conforming_strings = off;\n", "standard_conforming_strings"),
        ("SELECT 1;\n", "without any row"),
    ],
)
def test_scripts_that_are_refused(conn, tmp_path, script, message):
    (tmp_path / "x").write_text(HEAD + script)
    refused(conn, tmp_path / "x", message)


def test_a_bad_value_is_told_with_row_and_column(conn, tmp_path):
    rows = "".join(f"t{i}\t{{}}\n" for i in range(50)).replace("t33\t{}", r't33\t{"a": "\\u0000"}'.replace(r"\t{", "\t{"))
    (tmp_path / "x").write_text(HEAD + f"COPY x.{TABLE} (transcript_id, drugs) FROM stdin;\n{rows}\\.\n")
    with pytest.raises(LegacyFileError, match="Unicode escape") as told:
        load_legacy_file(conn, tmp_path / "x")
    assert told.value.where.endswith("row 34, column drugs")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "zip archive"),
        (b"\x28\xb5\x2f\xfdrest", "zstd"),
        (b"SQLite format 3\0", "SQLite"),
        (b"\x00\x01\x02", "binary file"),
        (b"transcript_id,gene_id\na,b\n", "holds no table cancer_transcript_base"),
        (b"PGDMP", "damaged or cut short"),
        (b"PAR1", "damaged or cut short"),
        (b"\x1f\x8b\x08\x00", "damaged or cut short"),
        (gzip.compress(b"PGDMP...", mtime=0), "gunzip|Unpack"),
    ],
)
def test_files_of_something_else(conn, tmp_path, content, message):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(LegacyFileError, match=message):
        load_legacy_file(conn, tmp_path / "x")


def test_paths_that_hold_nothing(conn, tmp_path):
    for path, message in ((tmp_path, "without pg_dump's toc.dat"), (tmp_path / "no", "No such file")):
        with pytest.raises(LegacyFileError, match=message):
            load_legacy_file(conn, path)
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        archive.add(__file__)
    with pytest.raises(LegacyFileError, match="tar archive"):
        load_legacy_file(conn, tmp_path / "x.tar")


def test_what_is_there_stays(loaded, settings, tmp_path):
    path = dump(settings, tmp_path / "x", "-Fc")
    with pytest.raises(LegacyTableExistsError):
        load_legacy_file(loaded, path, schema="Old")


def test_an_interrupted_load_leaves_nothing(loaded, settings, tmp_path, monkeypatch):
    monkeypatch.setattr("mediabase_assets.legacy.files.dump._CHUNK", 1)

    def interrupt(done, total):
        raise KeyboardInterrupt

    before = relations(loaded)
    with pytest.raises(KeyboardInterrupt):
        load_legacy_file(loaded, dump(settings, tmp_path / "x", "-Fc"), schema="new", progress=interrupt)
    with connect(settings, autocommit=True) as other:
        assert relations(other) == before
