"""A patient as a database of the old workflow: made whole or not at all, and read back as it was."""

import math
import os

import pyarrow.parquet as pq
import pytest
from psycopg import sql

from mediabase_assets.legacy.files import load_legacy_file
from mediabase_assets.model.errors import ServerError
from mediabase_assets.model.patients import IdKind, Level, PatientError, Scale
from mediabase_assets.patients.legacy_databases import export_as_database, find_patient_databases, read_patient_database
from mediabase_assets.patients.storing.importing import import_reading
from mediabase_assets.postgres.connect import connect
from mediabase_assets_tests.fixtures.legacy_databases import make_databases
from mediabase_assets_tests.fixtures.legacy_files import AWKWARD, TABLE, fetch, legacy_row, write_parquet
from mediabase_assets_tests.fixtures.patient_database import GENES, create_live, reading, transcript_of
from mediabase_assets_tests.fixtures.real_data import SAMPLE, needs_sample

pytestmark = pytest.mark.pg


def databases_of(conn):
    return {name for (name,) in conn.execute("select datname from pg_database").fetchall()}


def store(conn, settings, patient_id, level, values):
    """Import linear fold changes by id."""
    kind = IdKind.ENSEMBL_GENE if level is Level.GENE else IdKind.ENSEMBL_TRANSCRIPT
    rows = [(name, value and math.log2(value), {"fold_change": value}) for name, value in values.items()]
    return import_reading(conn, settings, patient_id, reading(rows, level, Scale.LINEAR, kind), minimum_match_rate=0)


@pytest.fixture
def main(conn, settings, tmp_path):
    """The main database: a legacy table with versioned ids and damage, live genes, patients' schema; exports are dropped afterwards."""
    rows = [legacy_row(0, **AWKWARD, transcript_id="ENST00000999999.2_PAR_Y")]
    for number, symbol in enumerate(GENES, start=1):
        rows.append(legacy_row(number, transcript_id=f"{transcript_of(symbol)}.{number}"))
        rows.append(legacy_row(number, transcript_id=transcript_of(symbol, 2)))
    load_legacy_file(conn, write_parquet(tmp_path / "legacy.parquet", rows))
    conn.execute(f"update {TABLE} set expression_fold_change = 1.0")
    create_live(conn)
    before = databases_of(conn)
    with make_databases(conn):
        yield conn
        for name in databases_of(conn) - before:
            conn.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def values_of(made):
    return dict(zip(made.rows["lookup_id"].to_pylist(), made.rows["fold_change"].to_pylist(), strict=True))


def rows_in(settings, database):
    with connect(settings, autocommit=True, dbname=database) as other:
        return fetch(other)


def test_a_patient_of_transcripts_comes_back_as_it_was(main, settings):
    values = {transcript_of("TP53"): 8.45, transcript_of("TP53", 2): 0.1, transcript_of("MYC"): 1 / 3, transcript_of("KRAS"): None}
    beside = {"ENST00000999999_PAR_Y": 4.0, "ENST00000888888": 5.0}
    store(main, settings, "HER2-001", Level.TRANSCRIPT, values | beside)
    done = []
    made = export_as_database(main, settings, "HER2-001", progress=lambda rows, of: done.append((rows, of)))
    assert (made.database, made.rows, made.changed, made.not_there) == ("mediabase_patient_HER2-001", 25, 4, 1)
    assert done[-1] == (25, 25)
    back = read_patient_database(settings, made.database)
    expected = {name: value for name, value in values.items() if value is not None} | {"ENST00000999999_PAR_Y": 4.0}
    assert values_of(back) == expected
    assert [found.patient_id for found in find_patient_databases(settings)] == ["HER2-001"]


def test_a_gene_changes_every_transcript_of_it(main, settings):
    store(main, settings, "G-1", Level.GENE, {GENES["ERBB2"]: 6.5, GENES["EGFR"]: 0.25})
    made = export_as_database(main, settings, "G-1", "mbase_g1")
    expected = {transcript_of("ERBB2", n): 6.5 for n in (1, 2)} | {transcript_of("EGFR", n): 0.25 for n in (1, 2)}
    assert values_of(read_patient_database(settings, "mbase_g1")) == expected
    assert made.not_there == 0


def test_all_but_the_fold_changes_is_as_in_the_main_database(main, settings):
    store(main, settings, "abc", Level.TRANSCRIPT, {transcript_of("TP53"): 2.0})
    query = "select regexp_replace(indexdef, ' INDEX \\S+ ', ' ') from pg_indexes where tablename = %s order by 1"
    before = fetch(main)
    export_as_database(main, settings, "abc")
    after = rows_in(settings, "mediabase_patient_abc")
    assert after[0].keys() == before[0].keys()
    assert {row["expression_fold_change"] for row in after} == {1.0, 2.0}
    assert [row | {"expression_fold_change": 1.0} for row in after] == before
    with connect(settings, autocommit=True, dbname="mediabase_patient_abc") as other:
        assert other.execute(query, (TABLE,)).fetchall() == main.execute(query, (TABLE,)).fetchall()
        other.execute("set role pg_monitor")
        assert other.execute("select has_database_privilege(current_database(), 'connect')").fetchone() == (False,)


def test_columns_of_other_types_and_versions_are_in_the_copy(main, settings):
    query = "select string_agg(indexrelid::regclass::text, ', ') from pg_index where indrelid = %s::regclass and indkey::text ~ '^10( |$)'"
    (gin,) = main.execute(query, (TABLE,)).fetchone()
    main.execute(
        f"""create type mood as enum ('calm'); drop index {gin}; alter table {TABLE}
            add feeling mood default 'calm', add seen timestamptz default '2026-01-01', add "odd "" name" text[] default '{{a}}',
            alter drugs type json using drugs::json, alter transcript_id type varchar(50), drop column expression_fold_change"""
    )
    store(main, settings, "abc", Level.TRANSCRIPT, {transcript_of("TP53"): 2.0})
    export_as_database(main, settings, "abc")
    (row, *_) = [r for r in rows_in(settings, "mediabase_patient_abc") if r["transcript_id"].startswith(transcript_of("TP53"))]
    assert (row["expression_fold_change"], row["feeling"], row['odd " name']) == (2.0, "calm", ["a"])
    assert row["seen"].year == 2026
    assert row["drugs"] == {"n": 1}


def test_a_database_that_exists_is_left_as_it_is(main, settings):
    store(main, settings, "abc", Level.TRANSCRIPT, {transcript_of("TP53"): 2.0})
    export_as_database(main, settings, "abc")
    store(main, settings, "abc", Level.TRANSCRIPT, {transcript_of("TP53"): 3.0})
    with pytest.raises(PatientError, match="is a database mediabase_patient_abc already") as error:
        export_as_database(main, settings, "abc")
    assert 'drop database "mediabase_patient_abc";' in error.value.next_step
    assert values_of(read_patient_database(settings, "mediabase_patient_abc")) == {transcript_of("TP53"): 2.0}


NOT_EXPORTED = [
    ("nobody", None, "There is no patient 'nobody'"),
    ("abc", "x';--", "no name for a database"),
    ("abc", "dbname=postgres", "no name for a database"),
    ("abc", "x" * 64, "no name for a database"),
    ("a';--", None, "no patient id"),
    ("a';--", "mbase_a", "no patient id"),
    ("p" * 60, None, "no name for a database"),
    ("elsewhere", None, "None of the 1 transcript"),
]


def test_what_cannot_be_exported_leaves_nothing(main, settings):
    store(main, settings, "abc", Level.TRANSCRIPT, {transcript_of("TP53"): 2.0})
    store(main, settings, "elsewhere", Level.TRANSCRIPT, {transcript_of("BRCA1", 2): 2.0})
    main.execute(f"delete from {TABLE} where transcript_id = %s", (transcript_of("BRCA1", 2),))
    before = databases_of(main)
    for patient_id, database, words in NOT_EXPORTED:
        with pytest.raises(PatientError, match=words):
            export_as_database(main, settings, patient_id, database)
    assert databases_of(main) == before


def test_without_a_legacy_table_or_patients_nothing_is_made(conn, settings):
    before = databases_of(conn)
    with pytest.raises(PatientError, match="has no legacy table"):
        export_as_database(conn, settings, "abc")
    conn.execute(f"create table {TABLE} as select 'ENST00000000001' as transcript_id, 'g' as gene_id")
    with pytest.raises(PatientError, match="There is no patient 'abc'"):
        export_as_database(conn, settings, "abc")
    assert databases_of(conn) == before


def test_an_export_that_fails_or_is_interrupted_leaves_nothing(main, settings):
    store(main, settings, "abc", Level.TRANSCRIPT, {transcript_of("TP53"): 2.0})
    before = databases_of(main)

    def interrupt(rows, of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_as_database(main, settings, "abc", progress=interrupt)

    def end(rows, of):
        main.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname like 'mediabase_export_%'")

    with connect(settings, autocommit=True) as other, pytest.raises(ServerError, match="cannot be made"):
        export_as_database(other, settings, "abc", progress=end)
    assert databases_of(main) == before


def test_what_a_killed_export_left_is_dropped_by_the_next(main, settings):
    store(main, settings, "abc", Level.TRANSCRIPT, {transcript_of("TP53"): 2.0})
    main.execute(f"create database mediabase_export_{os.getpid()}_1")
    main.execute("create database mediabase_export_of_mine")
    export_as_database(main, settings, "abc")
    left = {name for name in databases_of(main) if name.startswith("mediabase_export")}
    main.execute("drop database mediabase_export_of_mine")
    assert left == {"mediabase_export_of_mine"}


def test_a_role_that_may_not_read_patients_or_create_databases_is_named_with_what_to_do(main, settings):
    store(main, settings, "abc", Level.TRANSCRIPT, {transcript_of("TP53"): 2.0})
    with make_databases(main, role="maker") as _:
        try:
            main.execute(f"grant select on {TABLE} to maker")
            of_maker = {"host": main.info.host, "port": main.info.port, "user": "maker"}
            as_maker = settings.model_copy(update={"database": settings.database.model_copy(update=of_maker)})
            with connect(as_maker, autocommit=True) as conn:
                with pytest.raises(ServerError, match="may not read every patient"):
                    export_as_database(conn, as_maker, "abc")
                main.execute("grant usage on schema mediabase_patients to maker; alter role maker bypassrls")
                main.execute("grant select on all tables in schema mediabase_patients to maker")
                with pytest.raises(ServerError, match="may not create databases") as error:
                    export_as_database(conn, as_maker, "abc")
            assert 'alter role "maker" createdb' in error.value.next_step
        finally:
            main.execute("drop owned by maker")


def test_an_old_database_is_migrated_and_made_again_with_equal_values(main, settings):
    main.execute("create database mediabase_patient_old template template0")
    with connect(settings, autocommit=True, dbname="mediabase_patient_old") as other:
        other.execute(f"create table {TABLE} (transcript_id text primary key, expression_fold_change float8)")
        values = [
            (name, 7.25 / number)
            for number, (name,) in enumerate(main.execute(f"select transcript_id from {TABLE} order by 1 desc").fetchall(), start=1)
        ]
        with other.cursor() as cursor:
            cursor.executemany(f"insert into {TABLE} values (%s, %s)", values)
    old = read_patient_database(settings, "mediabase_patient_old")
    report = import_reading(main, settings, "old", old)
    assert (report.stored, report.scale, report.largest) == (24, Scale.LINEAR, 7.25)
    made = export_as_database(main, settings, "old", "mbase_old_again")
    again = read_patient_database(settings, made.database)
    assert again.rows.equals(old.rows)
    assert again.content_hash == old.content_hash
    assert import_reading(main, settings, "old", again).is_unchanged


@pytest.mark.real_data
@needs_sample
def test_real_transcripts_come_back_as_they_were(main, settings, tmp_path):
    main.execute(f"drop table {TABLE}")
    part = pq.read_table(SAMPLE).slice(0, 200)
    pq.write_table(part, tmp_path / "part.parquet")
    load_legacy_file(main, tmp_path / "part.parquet")
    main.execute("truncate genes, transcripts, gene_cross_references")
    main.execute(
        f"""insert into genes (gene_id, gene_symbol, symbol_source, is_par, quality_score, source_transcript_count)
            select distinct split_part(gene_id, '.', 1), split_part(gene_id, '.', 1), 'gene_symbol', false, 8, 1 from {TABLE};
            insert into transcripts (transcript_id, gene_id, is_par)
            select split_part(transcript_id, '.', 1), split_part(gene_id, '.', 1), false from {TABLE}"""
    )
    values = {name: 2 ** ((number - 50) / 37) for number, name in enumerate(part["transcript_id"].to_pylist()[:100])}
    store(main, settings, "real", Level.TRANSCRIPT, values)
    made = export_as_database(main, settings, "real")
    assert (made.rows, made.changed, made.not_there) == (200, 99, 0)
    assert values_of(read_patient_database(settings, made.database)) == {name: value for name, value in values.items() if value != 1.0}
