"""Backups of legacy tables that people gave checks, indexes, columns and types of their own: restored in the documented way."""

import subprocess

import pytest

from mediabase_assets.backup import create_backup, current_state, find_reusable, is_verified, verify_backup
from mediabase_assets.backup.needed import OBJECTS_FILE
from mediabase_assets.backup.restore_proof import FINDINGS, prove_restore
from mediabase_assets.backup.scope import scope_of
from mediabase_assets.model.workspace import Workspace
from mediabase_assets.postgres.connect import client_tool, libpq_env
from mediabase_assets.postgres.content_hash import content_hash
from mediabase_assets.settings.load import load_settings

pytestmark = pytest.mark.pg
TABLE = "cancer_transcript_base"
#: Functions call others without their schema, from a check, a generated column, an index, a domain, a trigger and a default.
SETUP = f"""
    create schema people;
    create function people.is_short(t text) returns boolean language sql immutable as $$ select length(t) < 1000 $$;
    create function is_short(t text) returns boolean language sql immutable as $$ select length(t) < 1000 $$;
    create function is_symbol(t text) returns boolean language sql immutable as $$ select t is null or is_short(t) $$;
    create function folded(t text) returns text language plpgsql immutable as $$
      begin return case when is_short(t) then lower(t) end; end $$;
    create function with_body(t text) returns boolean language sql immutable return is_short(t);
    create function noted() returns trigger language plpgsql as $$ begin perform is_short('a'); return new; end $$;
    create domain short_name as text check (people.is_short(value));
    create type kind as enum ('protein_coding', 'other');
    create type place as (chromosome text, start short_name);
    create collation "Own names" from "C";
    create table {TABLE} (
      transcript_id text primary key, gene_id text collate "Own names" check (with_body(gene_id)),
      gene_symbol text check (is_symbol(gene_symbol)), gene_type kind, chromosome short_name,
      pathways short_name[], drugs jsonb default '{{}}', seen_at place,
      folded_symbol text generated always as (folded(gene_symbol)) stored, id integer generated always as identity);
    create trigger noted before insert on {TABLE} for each row execute function noted();
    insert into {TABLE} (transcript_id, gene_id, gene_symbol, gene_type, chromosome, pathways, seen_at)
      select 'T' || i, 'G' || i, 'Sym' || i, 'other', 'chr1', array['a', 'b'], '(chr1,12)' from generate_series(1, 60) as i;
    create table unrelated (a integer); create function of_nobody() returns integer language sql as 'select 1';
"""


#: Since PostgreSQL 17 no index can be made on such a function: CREATE INDEX has no search_path either.
INDEXES = f"create index on {TABLE} (folded(gene_symbol)); create index on {TABLE} (gene_symbol) where is_symbol(gene_symbol);"


def settings_of(server, name, folder):
    return load_settings(
        home=folder / "home", database={"name": name, "host": str(server.folder), "user": "postgres"}, backup_dir=folder / "backups"
    )


@pytest.fixture
def place(server, tmp_path):
    """An empty database, and settings of it as the administrator."""
    name = server.create_database("restore")
    yield settings_of(server, name, tmp_path)
    server.drop_database(name)


@pytest.fixture
def backed_up(server, place):
    """A database with such a table, and its verified backup."""
    with server.connect(place.database.name) as conn:
        conn.execute(SETUP)
        if server.version < 17:
            conn.execute(INDEXES)
    said = []
    manifest = create_backup(place, scope_of(place, Workspace()), migration_id="m", progress=said.append)
    assert [f.name for f in verify_backup(manifest) if not f.passed] == []
    return manifest, said


def test_the_backup_says_what_pg_restore_alone_cannot_do(backed_up):
    manifest, said = backed_up
    names = {n.rpartition(".")[2] for n in manifest.needed}
    assert names >= {"short_name", "kind", "place", '"Own names"'}
    functions = {n.split("(")[0] for n in manifest.needed if n.startswith("function")}
    wanted = ("is_short", "is_symbol", "folded", "with_body", "noted")
    assert functions == {*(f"function public.{name}" for name in wanted), "function people.is_short"}
    (told,) = [s for s in said if "pg_restore alone" in s]
    assert OBJECTS_FILE in told
    assert "function public.folded" in told
    assert manifest.size_bytes == sum(file.stat().st_size for file in manifest.folder.glob("*.*") if file.suffix in (".dump", ".sql"))


def test_the_proof_restores_it(server, place, backed_up):
    manifest, _ = backed_up
    assert [(f.check, f.passed, f.sample) for f in prove_restore(place, manifest)] == [(name, True, ()) for name in FINDINGS]


def test_the_proof_fails_without_the_script(place, backed_up):
    manifest, _ = backed_up
    failed = [f.check for f in prove_restore(place, manifest.model_copy(update={"objects": None})) if not f.passed]
    assert "archives_restore_without_errors" in failed
    assert "every_relation_is_restored" in failed


def test_the_proof_fails_where_a_function_has_no_search_path(place, backed_up):
    manifest, _ = backed_up
    script = manifest.folder / OBJECTS_FILE
    script.write_text("\n".join(line for line in script.read_text().splitlines() if not line.startswith("alter routine public.is_symbol")))
    assert not is_verified(manifest)
    failed = {f.check: f.sample for f in prove_restore(place, manifest) if not f.passed}
    assert "every_table_holds_what_was_backed_up" in failed
    assert any("is_short" in str(row["error"]) for row in failed["archives_restore_without_errors"])


def test_it_is_restored_by_hand_into_an_empty_database_and_into_the_same(server, place, backed_up, tmp_path):
    manifest, _ = backed_up
    with server.connect(place.database.name) as conn:
        expected = content_hash(conn, "public", TABLE)
        conn.execute(f"drop table {TABLE}")
    empty = server.create_database("restored")
    try:
        for name in (empty, place.database.name):
            environment = libpq_env(place, dbname=name)
            script = [str(client_tool("psql")), "--quiet", f"--file={manifest.folder / OBJECTS_FILE}"]
            subprocess.run(script, env=environment, check=True, capture_output=True)
            restore = [str(client_tool("pg_restore")), f"--dbname={name}", str(manifest.folder / "legacy.dump")]
            subprocess.run(restore, env=environment, check=False, capture_output=True)
            with server.connect(name) as conn:
                assert content_hash(conn, "public", TABLE) == expected
                assert conn.execute(f"select count(*) from pg_indexes where tablename = '{TABLE}'").fetchone() == (
                    (3,) if server.version < 17 else (1,)
                )
                assert conn.execute(f"select folded_symbol from {TABLE} where transcript_id = 'T7'").fetchone() == ("sym7",)
    finally:
        server.drop_database(empty)


def test_another_function_makes_another_backup(server, place, backed_up):
    manifest, _ = backed_up
    scope = scope_of(place, Workspace())

    def reusable():
        with server.connect(place.database.name) as conn:
            return find_reusable(place.backup_dir, current_state(conn, scope), live_schema=scope.live_schema)

    assert reusable() == manifest
    with server.connect(place.database.name) as conn:
        conn.execute("create or replace function is_short(t text) returns boolean language sql immutable as 'select length(t) < 999'")
    assert reusable() is None


def test_an_ordinary_table_needs_no_script(server, place):
    with server.connect(place.database.name) as conn:
        conn.execute(f"create table {TABLE} (transcript_id text primary key, gene_id text); insert into {TABLE} values ('T1', 'G1')")
    manifest = create_backup(place, scope_of(place, Workspace()), migration_id="m")
    assert (manifest.objects, manifest.needed, manifest.needed_digest) == (None, (), "")
    assert not (manifest.folder / OBJECTS_FILE).exists()
    verify_backup(manifest)
    assert all(f.passed for f in prove_restore(place, manifest))
