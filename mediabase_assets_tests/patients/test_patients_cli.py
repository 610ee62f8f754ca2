"""`mediabase patients`: what the commands print, write, refuse and forget."""

import re

import dagster as dg
import pytest
import sqlalchemy as sa
from psycopg import sql

from mediabase_assets.patients.batch import MANY
from mediabase_assets.postgres.connect import connect
from mediabase_assets.runs.patients import forgetting, partitions
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.fixtures.patient_annotation import create_annotated
from mediabase_assets_tests.fixtures.patient_database import transcript_of
from mediabase_assets_tests.fixtures.patient_project import CHANGES, Commands, write_deseq2

pytestmark = pytest.mark.pg


@pytest.fixture(scope="module")
def _storage(files_home):
    """Dagster's storage is made once for the tests of this module, and not left to others."""
    yield
    with connect(load_settings(home=files_home, database={"name": "postgres"}), autocommit=True) as server:
        server.execute("drop database if exists for_files_dagster with (force)")


@pytest.fixture
def run(_storage, conn, settings, monkeypatch, tmp_path):
    """The command line, with genes in the database and the folder of the test as the current one."""
    create_annotated(conn)
    monkeypatch.chdir(tmp_path)
    return Commands(settings, monkeypatch)


def instance_of():
    return dg.DagsterInstance.get()


def test_an_import_prints_its_report_and_a_second_one_changes_nothing(run, tmp_path):
    file = write_deseq2(tmp_path / "results.csv", CHANGES | {"PT53": 1.0})
    first = run("import", file, "--id", "HER2-001")
    assert (first.code, first.err) == (0, "")
    for words in ("HER2-001", "results.csv", "9 read, 8 stored: 8 new", "88.9%: 8 symbol", "possibly mistyped: PT53", "0.125 to 9.514"):
        assert words in first.out
    again = run("import", file, "--id", "HER2-001", "--json")
    assert again.json[0]["report"]["is_unchanged"]
    assert run("list", "--json").json[0]["stored"] == 8
    write_deseq2(file, CHANGES | {"TP53": 4.0})
    assert "0 new, 1 changed, 0 deleted" in run("import", file, "--id", "HER2-001").out


def test_after_many_patients_the_planner_knows_their_rows(run, tmp_path, conn):
    for number in range(MANY):
        write_deseq2(tmp_path / f"P-{number:02}.csv")
    assert run("import", *sorted(tmp_path.glob("*.csv")), "--id-from-name").code == 0
    query = "select sum(c.reltuples)::bigint from pg_class as c where c.relname ~ '^gene_values_' and c.relkind = 'r'"
    assert conn.execute(query).fetchone() == conn.execute("select count(*) from mediabase_patients.stored_gene_values").fetchone()


def test_of_many_files_each_is_imported_or_refused_by_itself(run, tmp_path):
    for name in ("AAA", "BBB", "CCC"):
        write_deseq2(tmp_path / f"{name}.csv")
    (tmp_path / "DDD.csv").write_text("gene,score\nTP53,2\n")
    done = run("import", *sorted(tmp_path.glob("*.csv")), "--id-from-name")
    assert done.code == 1
    assert "3 patients imported, 1 refused" in done.out
    assert "DDD was refused" in done.err
    assert "next:" in done.err
    assert [p["patient_id"] for p in run("list", "--json").json] == ["AAA", "BBB", "CCC"]
    with instance_of() as instance:
        assert {"AAA", "BBB", "CCC"} == set(instance.get_dynamic_partitions(partitions.NAME)) & {"AAA", "BBB", "CCC", "DDD"}
        events = instance.fetch_materializations(partitions.GENE_EXPRESSION, limit=3).records
        assert {event.partition_key for event in events} == {"AAA", "BBB", "CCC"}


def test_a_sample_sheet_names_files_patients_and_options(run, tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    write_deseq2(folder / "a.csv")
    (folder / "b.csv").write_text("gene,change\n" + "".join(f"{gene},{2**change}\n" for gene, change in CHANGES.items()))
    (tmp_path / "samples.csv").write_text("id;file;options\nAAA;tables/a.csv;\nBBB;tables/b.csv;--column fold_change=change\n")
    done = run("import", "--sheet", tmp_path / "samples.csv", "--json")
    assert done.code == 0, done.err
    assert [(one["patient_id"], one["report"]["scale"], one["report"]["largest"]) for one in done.json] == [
        ("AAA", "log2", 2**3.25), ("BBB", "linear", 2**3.25),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a.csv"], "not said whose data"),
        ([], "no file"),
        (["a.csv", "--id", "AAA", "--id-from-name"], "exclude each other"),
        (["a.csv", "b.csv", "--id", "AAA"], "one file"),
        (["a.csv", "sub/a.csv", "--id-from-name"], "is no patient id"),
        (["AAA.csv", "aaa.tsv", "--id-from-name"], "of one patient: aaa"),
        (["a.csv", "--id", "AAA", "--column", "FC"], "ROLE=HEADER"),
        (["a.csv", "--id", "AAA", "--column", "fc=FC"], "log2_fold_change"),
        (["a.csv", "--id", "AAA", "--scale", "log10"], "signed_linear"),
        (["a.csv", "--id", "AAA", "--duplicates", "first"], "best-padj"),
        (["a.csv", "--id", "A';--"], "is no patient id"),
        (["--sheet", "nowhere.csv"], "cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_read(run, arguments, words):
    done = run("import", *arguments)
    assert done.code in (1, 2)
    assert words in done.err
    assert run("list", "--json").json == []


def test_show_and_cohort_and_sota_answer_in_words_and_as_json(run, tmp_path):
    for name, change in (("AAA", 3.0), ("BBB", 1.0), ("CCC", 0.5)):
        write_deseq2(tmp_path / f"{name}.csv", CHANGES | {"ERBB2": change})
    run("import", *sorted(tmp_path.glob("*.csv")), "--id-from-name")
    shown = run("show", "AAA").out
    assert shown.index("Drugs for up-regulated genes") < shown.index("Pathways") < shown.index("AAA.csv")
    assert "Lapatinib" in shown
    assert run("show", "AAA", "--json").json["facts"]["counts"]["up"] == 3
    assert "BBB" not in run("cohort", "ERBB2").out
    (answer,) = run("cohort", "ERBB2", "--status", "measured", "--json").json
    assert [row["patient_id"] for row in answer["rows"]] == ["AAA", "BBB", "CCC"]
    assert len(run("cohort", "--json").json) == 2
    assert "R-HSA-1" in run("cohort", "--pathway", "R-HSA-1").out
    questions = run("sota", "AAA", "--json").json
    assert len(questions) == 6
    assert all(question["question"] for question in questions)
    unknown = run("show", "ZZZ")
    assert (unknown.code, "no patient 'ZZZ'" in unknown.err) == (1, True)
    assert "Did you mean ERBB2" in run("cohort", "ERBB3").err


def test_report_export_and_view_are_written(run, tmp_path, conn):
    run("import", write_deseq2(tmp_path / "results.csv"), "--id", "HER2-001")
    assert run("report", "HER2-001").code == 0
    page = (tmp_path / "HER2-001.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert (tmp_path / "HER2-001.html").stat().st_mode & 0o077 == 0
    run("export", "HER2-001", "--output", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().startswith("patient_id,")
    run("export", "HER2-001", "--format", "parquet")
    assert (tmp_path / "HER2-001.parquet").read_bytes()[:4] == b"PAR1"
    assert '"patient_HER2-001_enriched_view"' in run("view", "HER2-001").out
    assert conn.execute('select count(*) from mediabase_patients."patient_HER2-001_enriched_view"').fetchone()[0] == 16
    refused = run("report", "HER2-001", "--output", tmp_path / "nowhere" / "x.html")
    assert (refused.code, "cannot be written" in refused.err) == (1, True)


def test_a_database_of_the_old_programs_is_migrated_and_one_is_made(run, settings, conn):
    conn.execute(
        "create table public.cancer_transcript_base (transcript_id text primary key, gene_symbol text, gene_id text, "
        "expression_fold_change double precision default 1.0)"
    )
    conn.cursor().executemany(
        "insert into public.cancer_transcript_base (transcript_id, gene_symbol) values (%s, %s)", [(transcript_of(g), g) for g in CHANGES]
    )
    name = "mediabase_patient_Old1"
    with connect(settings, autocommit=True, dbname="postgres") as server:
        server.execute(sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier("template0")))
    try:
        with connect(settings, autocommit=True, dbname=name) as old:
            old.execute("create table cancer_transcript_base (transcript_id text primary key, expression_fold_change double precision)")
            old.cursor().executemany("insert into cancer_transcript_base values (%s, %s)", [(transcript_of(g), 8.45) for g in CHANGES])
            old.execute("create table transcripts as select transcript_id, 2.5 as expression_fold_change from cancer_transcript_base")
        done = run("migrate", "--all", "--json")
        assert done.code == 0, done.err
        assert [(one["patient_id"], one["report"]["largest"]) for one in done.json] == [("Old1", 8.45)]
        assert run("migrate", name, "--json").json[0]["report"]["is_unchanged"]
        assert any("`--relation transcripts` takes the others" in note for note in done.json[0]["report"]["notes"])
        other = run("migrate", name, "--relation", "transcripts", "--json")
        assert [one["report"]["largest"] for one in other.json] == [2.5]
        assert run("migrate", name, "--schema", "patient_old1").code == 1
        assert "no schema patient_old1" in run("migrate", name, "--schema", "patient_old1").err
        assert (run("migrate", "--all", "--relation", "transcripts").code, run("migrate", name, "--json").code) == (2, 0)
        assert "8 with a fold change" in run("export", "Old1", "--as-database", "mediabase_patient_New1").out
        assert "already" in run("export", "Old1", "--as-database", "mediabase_patient_New1").err
        assert run("migrate", "mediabase_patient_New1", "New1", "--json").json[0]["report"]["stored"] == 8
        assert "--all" in run("migrate").err
    finally:
        with connect(settings, autocommit=True, dbname="postgres") as server:
            for made in (name, "mediabase_patient_New1"):
                server.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(made)))


def test_a_role_is_given_a_patient_and_loses_it_again(run, tmp_path, conn):
    run("import", write_deseq2(tmp_path / "results.csv"), "--id", "HER2-001")
    conn.execute("drop role if exists nurse; create role nurse")
    try:
        assert "nurse may read HER2-001" in run("grant", "HER2-001", "nurse").out
        assert "may not read" in run("revoke", "HER2-001", "nurse").out
        assert "no role 'doctor'" in run("grant", "HER2-001", "doctor").err
    finally:
        conn.execute("drop owned by nurse; drop role nurse")


def test_a_deletion_has_to_be_confirmed(run, tmp_path):
    run("import", write_deseq2(tmp_path / "results.csv"), "--id", "HER2-001")
    refused = run("delete", "HER2-001")
    assert (refused.code, "standard input is not a terminal" in refused.err) == (2, True)
    assert len(run("list", "--json").json) == 1


CANARY, VALUE = "CanaryPatient-7", 2.34567891234


def test_a_deleted_patient_is_found_nowhere_and_others_stay(run, tmp_path, settings, conn):
    for name, change in ((f"{CANARY}b", 1.0), (CANARY, VALUE)):
        write_deseq2(tmp_path / f"{name}.csv", CHANGES | {"ERBB2": change})
        run("import", tmp_path / f"{name}.csv", "--id-from-name")
    for command in (["show", CANARY], ["view", CANARY], ["report", CANARY, "--output", tmp_path / "page.html"]):
        assert run(*command).code == 0
    with instance_of() as instance:
        _trace(instance, settings)
        assert places_of(settings, CANARY) >= {
            "event_logs",
            "asset_keys",
            "dynamic_partitions",
            "job_ticks",
            "bulk_actions",
            "run_tags",
            "x.log",
        }
    assert places_of(settings, str(VALUE)) >= {"stored_gene_values"}
    done = run("delete", CANARY, "--skip-confirmation")
    assert done.code == 0, done.err
    assert "No backup" in done.out
    assert places_of(settings, CANARY) == set()
    assert places_of(settings, str(VALUE)) == set()
    with instance_of() as instance:
        assert {CANARY, f"{CANARY}b"} & set(instance.get_dynamic_partitions(partitions.NAME)) == {f"{CANARY}b"}
        newest = instance.get_latest_materialization_event(partitions.GENE_EXPRESSION)
        assert newest.asset_materialization.partition == f"{CANARY}b"
        assert instance.get_latest_materialization_event(partitions.ENRICHED) is not None
    assert [p["patient_id"] for p in run("list", "--json").json] == [f"{CANARY}b"]


def _trace(instance, settings):
    """What runs, ticks, backfills and programs leave of a patient, beside what the command line does."""

    @dg.op
    def work(context):
        context.log.info("at work")

    @dg.job
    def job():
        work()

    for tag in partitions.TAGS[:2]:  # a run that a person started, and one of a backfill
        assert job.execute_in_process(instance=instance, tags={tag: CANARY}).success
    with instance.event_log_storage.index_connection() as conn:
        tick = "insert into job_ticks (job_origin_id, status, type, timestamp, tick_body) values ('o', 'SUCCESS', 'SENSOR', now(), :text)"
        backfill = "insert into bulk_actions (key, status, timestamp, body) values (md5(:text), 'COMPLETED', now(), :text)"
        for statement in (tick, backfill):
            conn.execute(sa.text(statement), {"text": f'{{"partition": "{CANARY}"}}'})
            conn.execute(sa.text(statement), {"text": f'{{"partition": "{CANARY}b"}}'})
    logs = settings.home / "logs"
    logs.mkdir(exist_ok=True)
    (logs / "x.log").write_text(f"a run of {CANARY}, not of {CANARY}b\n")


def places_of(settings, word):
    """The tables and log files that hold a word by itself, not as a part of another one."""
    pattern = f"(?<![A-Za-z0-9_-]){word}(?![A-Za-z0-9_-])"
    found = {f.name for f in forgetting._log_files(settings) if re.search(pattern, f.read_text())}
    for database in (settings.database.name, f"{settings.database.name}_dagster"):
        with connect(settings, autocommit=True, dbname=database) as conn:
            tables = conn.execute(
                "select table_schema, table_name from information_schema.tables "
                "where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')"
            ).fetchall()
            for schema, table in tables:
                query = sql.SQL("select exists (select from {} as t where t::text ~ %s)").format(sql.Identifier(schema, table))
                if conn.execute(query, (pattern,)).fetchone()[0]:
                    found.add(table)
    return found
