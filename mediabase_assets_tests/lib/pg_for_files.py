"""A server of its own for the tests of files and backups, an empty database for each test, and small legacy files."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from psycopg import sql

from mediabase_assets.model.legacy import LEGACY_COLUMNS
from mediabase_assets.postgres.connect import connect
from mediabase_assets.postgres.embedded import server
from mediabase_assets.settings.load import load_settings

TABLE = "cancer_transcript_base"


@pytest.fixture(scope="session", name="files_home")
def files_home_fixture():
    """The home of an embedded server, in a folder that every account may enter."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [*os.environ]:
            if name.startswith(("MB_", "PG", "MEDIABASE_")):
                patch.delenv(name)
        parent = Path(tempfile.mkdtemp(prefix="mediabase-files-"))
        parent.chmod(0o755)
        home = parent / "home"
        try:
            server.ensure_running(home)
            yield home
        finally:
            server.remove(home)
            shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture(name="settings")
def settings_fixture(files_home, monkeypatch, tmp_path):
    """Settings of an empty database, emptied again afterwards."""
    for name in [*os.environ]:
        if name.startswith(("MB_", "PG", "MEDIABASE_")):
            monkeypatch.delenv(name)
    made = load_settings(home=files_home, database={"name": "for_files"}, backup_dir=tmp_path / "backups")
    yield made
    with connect(made) as connection:
        schemas = connection.execute(
            "select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'"
        ).fetchall()
        for (schema,) in schemas:
            connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
        connection.execute("create schema public; grant usage on schema public to public")


@pytest.fixture(name="conn")
def conn_fixture(settings):
    with connect(settings, autocommit=True) as connection:
        yield connection


def legacy_row(number: int, **values):
    """One row with every column; JSON as text."""
    row = {c.name: json.dumps({"n": number % 7}) if c.is_json else ["x", f"y {number % 5}"] for c in LEGACY_COLUMNS}
    row |= {
        "transcript_id": f"ENST{number:011d}",
        "gene_symbol": f"S{number // 3}",
        "gene_id": f"ENSG{number // 3:011d}",
        "gene_type": "protein_coding",
        "chromosome": None if number % 4 == 0 else "chr7",
        "expression_fold_change": 1.0 + number / 3,
    }
    return row | values


AWKWARD = {
    "gene_symbol": "tab\there\\and\nline\r",
    "gene_type": "",
    "pathways": ['quote " in', "back\\slash", "comma, {brace}", "", None, "NULL", "tab\tnewline\n", "é漢"],
    "drugs": json.dumps({"a\n\t": 'q"\\ é漢', "n": None}, ensure_ascii=False),
    "features": "null",
    "go_terms": None,
    "uniprot_ids": [],
    "ncbi_ids": None,
    "expression_fold_change": float("nan"),
}


def legacy_schema(**types):
    kinds = {
        c.name: pa.string() if c.is_json or c.sql_type == "text" else pa.list_(pa.string()) if c.is_array else pa.float64()
        for c in LEGACY_COLUMNS
    }
    return pa.schema(kinds | types)


def write_parquet(path: Path, rows, **types) -> Path:
    names = {name for row in rows for name in row}
    schema = pa.schema([f for f in legacy_schema(**types) if f.name in names])
    pq.write_table(pa.Table.from_pylist(rows, schema), path)
    return path


def legacy_rows(count: int = 40):
    return [legacy_row(0, **AWKWARD), *(legacy_row(number) for number in range(1, count))]


def fetch(connection: psycopg.Connection, schema: str = "public"):
    query = sql.SQL("select * from {} order by transcript_id").format(sql.Identifier(schema, TABLE))
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute(query).fetchall()


def relations(connection: psycopg.Connection):
    """Everything in the database that people made: nothing may be left by a failure."""
    return connection.execute(
        "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1, 2"
    ).fetchall()
