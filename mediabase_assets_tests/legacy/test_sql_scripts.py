"""SQL scripts are read as PostgreSQL reads them, or refused with the line: splitting, what changes rows, files that are cut."""

import gzip
import io
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediabase_assets.legacy.files import load_legacy_file
from mediabase_assets.legacy.files.sql_harmless import changes_rows, is_trigger
from mediabase_assets.legacy.files.sql_script import Definition, SqlScript
from mediabase_assets.legacy.files.sql_statements import Splitter, UnfinishedError
from mediabase_assets.model.errors import LegacyFileError
from mediabase_assets.postgres.connect import client_tool, libpq_env
from mediabase_assets_tests.fixtures.legacy_files import TABLE, fetch, legacy_rows, write_parquet

HEAD = f"CREATE TABLE {TABLE} (transcript_id text, gene_id text);\n"
ROW = f"INSERT INTO {TABLE} VALUES"


def statements_of(text):
    splitter, found = Splitter(io.BytesIO(text.encode())), []
    while (statement := splitter.next()) is not None:
        found.append((statement.line, statement.text.decode()))
    return found


def read(text):
    """The rows of a script, and whether a dump in it is cut short."""
    script, rows = SqlScript(TABLE, "x.sql"), []
    for part in script.parts(io.BytesIO(text if isinstance(text, bytes) else text.encode())):
        if not isinstance(part, Definition):
            rows += part.lines
    return rows, script.is_cut_short


def rows_of(content):
    """The rows of a script, or None if it is refused."""
    try:
        rows, is_cut_short = read(content)
    except LegacyFileError:
        return None
    return None if is_cut_short else rows


QUOTED = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)
PIECES = st.one_of(
    QUOTED.map(lambda s: "'" + s.replace("'", "''") + "'"),
    QUOTED.map(lambda s: "E'" + s.replace("\\", "\\\\").replace("'", "\\'") + "'"),
    QUOTED.map(lambda s: "E'" + s.replace("\\", "\\\\").replace("'", "''") + "'"),
    QUOTED.map(lambda s: '"' + s.replace('"', '""') + '"'),
    QUOTED.filter(lambda s: "$" not in s).map(lambda s: f"$${s}$$"),
    QUOTED.filter(lambda s: "$a_1$" not in s and not s.endswith("$")).map(lambda s: f"$a_1${s}$a_1$"),
    st.sampled_from(["x", "name$1", "(1; 2)", "::jsonb", "\n", "e", "$1", "a - b", "4 / 2", "begin", "case", "end"]),
)


@given(st.lists(st.lists(PIECES, min_size=1, max_size=5), min_size=1, max_size=4), st.sampled_from([";", ";\n", "; "]))
def test_statements_end_only_outside_quotes_and_parentheses(scripts, ending):
    statements = ["select " + " ".join(pieces) + ";" for pieces in scripts]
    text = ending[1:].join(statements)
    assert [found for _, found in statements_of(text)] == statements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1; select 2;", [(1, "select 1;"), (1, "select 2;")]),
        ("-- a; remark\nselect /* ; /* nested ; */ ' */ 1;", [(2, "select   1;")]),
        ("select 1 -- it's\n;", [(1, "select 1 \n;")]),
        ("\\set x 1;2\nselect 1;", [(1, "\\set x 1;2"), (2, "select 1;")]),
        ("create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3;",
         [(1, "create function f() returns int begin atomic select case when true then 1 end; select 2; end;"), (1, "select 3;")]),
        ("create rule r as on insert to t do also (delete from a; delete from b);\nselect 1;",
         [(1, "create rule r as on insert to t do also (delete from a; delete from b);"), (2, "select 1;")]),
        ("begin; select 1; end;", [(1, "begin;"), (1, "select 1;"), (1, "end;")]),
        ("comment on table t is 'costs $$ much'; select 1;", [(1, "comment on table t is 'costs $$ much';"), (1, "select 1;")]),
        ("select name$tag$ from t; select 1;", [(1, "select name$tag$ from t;"), (1, "select 1;")]),
        ("", []),
        (" \n -- nothing\n/* at all */\n", []),
    ],
)  # fmt: skip
def test_splitting(text, expected):
    assert statements_of(text) == expected


@pytest.mark.parametrize("text", ["select 1", "select 'a;", 'select "a;', "select $x$ a;", "/* a;", "select (1;", "select E'\\';"])
def test_a_statement_that_does_not_end(text):
    with pytest.raises(UnfinishedError) as error:
        statements_of("select 0;\n" + text)
    assert error.value.line == 2


@pytest.mark.parametrize(
    "script",
    [
        f"{ROW} ('a'); {ROW} ('b');",
        f"{ROW} ('a');{ROW.lower()} ('b'), ('c');".replace("insert", "InSeRt"),
        f"insert into {TABLE.upper()} (TRANSCRIPT_ID) values ('a');\n{ROW} ('b');",
        f"comment on table {TABLE} is 'costs $$ much';\n{ROW} ('a');\n{ROW} ('b');",
        f"BEGIN;\n{ROW} ('a');\nSAVEPOINT s;\n{ROW} ('b') ON CONFLICT DO NOTHING;\nCOMMIT;",
        f"COPY {TABLE} (transcript_id) FROM stdin;\na\n\\.\n{ROW} ('b'); select count(*) from {TABLE};",
        f"truncate {TABLE};\n{ROW} /* the first */ ('a'), -- and\n('b');",
        f"drop table if exists {TABLE};\nalter table {TABLE} owner to me, add constraint c unique (gene_id);\n{ROW} ('a'), ('b');",
        f"create index i on {TABLE} (gene_id); create view v as select * from {TABLE}; {ROW} ('a'), ('b');"
        f"create trigger t before update on {TABLE} for each row execute function f();",
    ],
)
def test_rows_of_scripts_by_hand(script):
    found = rows_of((HEAD + script + "\n").encode())
    assert found is not None
    assert [row.split(b"\t")[0].strip() for row in found][:2] == [b"a", b"b"]
    assert len(found) == (3 if "'c'" in script else 2)


@pytest.mark.parametrize(
    "statement",
    [
        f"INSERT INTO {TABLE} SELECT * FROM other;",
        f"INSERT INTO {TABLE} (transcript_id) TABLE other;",
        f"INSERT INTO {TABLE} DEFAULT VALUES;",
        f"with x as (select 1) insert into {TABLE} select * from x;",
        f"{ROW} ('b') ON CONFLICT (transcript_id) DO UPDATE SET gene_id = 'x';",
        f"{ROW} ('b') RETURNING gene_id;",
        f"UPDATE {TABLE} SET gene_id = 'x';",
        f"delete from public.{TABLE};",
        f'TRUNCATE "{TABLE}";',
        f"merge into {TABLE} using o on true when matched then delete;",
        f"DROP TABLE {TABLE};",
        f"alter table {TABLE} add column x text;",
        f"alter table {TABLE} add constraint c check (true), drop column gene_id;",
        f"alter table other rename to {TABLE};",
        f"CREATE TABLE x.{TABLE} AS SELECT 1;",
        f"create temp table {TABLE} (a int);",
        f"COPY {TABLE} FROM '/a/file';",
        f"copy {TABLE} from program 'cat x';",
        f"select * into {TABLE} from other;",
        f"do $$ begin delete from {TABLE}; end $$;",
        f"call fill('{TABLE}');",
        "ROLLBACK;",
        "\\i more.sql",
        "\\ir more.sql",
        f"\\copy {TABLE} from x",
        f"select format('delete from {TABLE}') \\gexec",
        "\\if true",
    ],
)
def test_a_statement_that_may_change_rows_is_refused_with_its_line(statement):
    content = f"{HEAD}{ROW} ('a');\n\n{statement}\n{ROW} ('z');\n"
    with pytest.raises(LegacyFileError) as error:
        read(content)
    assert error.value.where == "x.sql, line 4"
    assert "nothing was loaded" in error.value.next_step


@pytest.mark.parametrize(
    ("script", "message", "line"),
    [
        (f"create trigger t before insert on {TABLE} for each row execute function f();\n{ROW} ('a');", "trigger or a rule", 3),
        (f"create or replace rule r as on insert to {TABLE} do instead nothing;\n{ROW} ('a');", "trigger or a rule", 3),
        (f"begin;\n{ROW} ('a');", "within a transaction", 2),
        (f"{ROW} ('a');\n{ROW} ('b'", "ends in the middle", 3),
        (f"COPY {TABLE} (transcript_id) FROM stdin;\na\n", "ends in the middle", 2),
        (f"COPY {TABLE} (transcript_id) FROM stdin; a\n\\.\n", "ends in the middle", 2),
    ],
)
def test_scripts_whose_rows_are_not_certain(script, message, line):
    with pytest.raises(LegacyFileError, match=message) as error:
        read(HEAD + script)
    assert error.value.where == f"x.sql, line {line}"


@pytest.mark.parametrize("body", ["(like other)", "(a int) inherits (other)", "(a int, like other including all)"])
def test_a_definition_that_takes_columns_from_elsewhere_is_refused(body):
    with pytest.raises(LegacyFileError, match="takes columns from elsewhere"):
        list(SqlScript(TABLE, "x").parts(io.BytesIO(f"create table {TABLE} {body};".encode())))


def test_what_names_another_table_is_skipped():
    for statement in ("delete from genes;", f"drop table {TABLE}_old;", f"update x_{TABLE} set a = 1;", "do $$ begin end $$;"):
        assert not changes_rows(statement.encode(), TABLE, is_filled=True)
    assert not is_trigger(b"create trigger t after insert on genes execute function f();", TABLE)


@pytest.fixture
def dumps(conn, settings, tmp_path):
    """Plain dumps of a legacy table, with COPY and with INSERT; the table is gone again."""
    load_legacy_file(conn, write_parquet(tmp_path / "source", legacy_rows(12)))
    made = {}
    for name, options in {"copy": [], "inserts": ["--inserts"], "rows": ["--column-inserts", "--rows-per-insert=5"]}.items():
        path = tmp_path / name
        command = [client_tool("pg_dump"), "-f", str(path), *options]
        subprocess.run(command, env=libpq_env(settings), check=True, capture_output=True)
        made[name] = path.read_bytes()
    conn.execute(f"drop table {TABLE}")
    return made


@pytest.mark.pg
@pytest.mark.parametrize("name", ["copy", "inserts", "rows"])
def test_a_dump_that_is_cut_at_any_line_or_byte_is_whole_or_refused(dumps, name):
    content = dumps[name]
    whole = rows_of(content)
    assert whole is not None
    assert len(whole) == 12
    closing = content.index(b"-- PostgreSQL database dump complete") + len(b"-- PostgreSQL database dump complete")
    lines = [i + 1 for i, byte in enumerate(content) if byte == ord("\n")]
    for cut in sorted({*lines, *range(0, len(content), 211), *range(closing - 40, len(content))}):
        kept = rows_of(content[:cut])
        if cut >= closing:  # a sign of the remark behind the closing line may be cut in two
            assert kept == whole or content[:cut].endswith(b"\n-"), cut
        else:
            assert kept is None or (kept == [] and b"PostgreSQL database dump\n" not in content[:cut]), cut


@pytest.mark.pg
@pytest.mark.parametrize("packed", [False, True])
def test_a_dump_with_inserts_cut_at_a_line_end_is_refused(conn, dumps, tmp_path, packed):
    content = dumps["inserts"]
    cut = content[: content.index(b"\n", content.index(b"INSERT INTO", len(content) // 2)) + 1]
    (tmp_path / "x").write_bytes(gzip.compress(cut, mtime=0) if packed else cut)
    with pytest.raises(LegacyFileError, match="cut short: its last line is missing"):
        load_legacy_file(conn, tmp_path / "x")
    assert conn.execute("select to_regclass('cancer_transcript_base')").fetchone() == (None,)


@pytest.mark.pg
def test_every_row_of_a_script_by_hand_arrives(conn, tmp_path):
    comment = f"comment on table {TABLE} is 'costs $$ much';"
    rows = f"{ROW} ('a', 'x'); {ROW} ('b', 'y; z'); insert into\n{TABLE}\nvalues ('c', null);"
    (tmp_path / "x").write_text(HEAD + comment + rows)
    load_legacy_file(conn, tmp_path / "x")
    assert [(row["transcript_id"], row["gene_id"]) for row in fetch(conn)] == [("a", "x"), ("b", "y; z"), ("c", None)]
