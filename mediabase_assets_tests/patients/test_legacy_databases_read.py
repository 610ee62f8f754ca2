"""Databases and schemas of single patients that the old programs made: found, and read as they are."""

import math

import pytest
from psycopg import sql

from mediabase_assets.legacy.table import create_legacy_table
from mediabase_assets.model.errors import ServerError
from mediabase_assets.model.legacy import LegacyColumn
from mediabase_assets.model.patients import READING_SCHEMA, IdKind, Level, NaReason, PatientError, PatientFileError, Role, Scale
from mediabase_assets.patients.legacy_databases import (
    PatientDatabase,
    find_patient_databases,
    of_one_id,
    patient_id_of,
    read_patient_database,
)
from mediabase_assets.postgres.connect import connect
from mediabase_assets_tests.fixtures.legacy_databases import make_databases

pytestmark = pytest.mark.pg

TABLE = "cancer_transcript_base"
NORMALIZED = "create table transcripts (transcript_id text primary key, gene_id text, expression_fold_change double precision default 1.0)"
V060 = """
    create schema {schema};
    create table {schema}.expression_data (
      transcript_id varchar(50) primary key, expression_fold_change numeric check (expression_fold_change > 0),
      created_at timestamptz default now());
    create table {schema}.metadata (
      patient_id varchar(100), upload_date timestamptz, source_file text, normalization_method text, total_transcripts integer,
      cancer_type text, notes text, metadata_json jsonb);
    insert into {schema}.metadata values (
      {patient_id}, '2026-01-02 03:04:05+00', '/home/someone/her2.csv', 'linear', 3, 'breast', null, '{{"surname": "CANARY"}}');
    insert into {schema}.expression_data values ('ENST00000000001', 8.45), ('ENST00000000002', 0.12), ('ENST00000000003', 1.0)"""


@pytest.fixture
def databases(conn):
    """Makes databases that are dropped afterwards."""
    with make_databases(conn) as create:
        yield create


@pytest.fixture
def patient_copy(databases, settings):
    """Makes a copy of the main database for a patient, with these values by transcript."""

    def create(name, values, table=TABLE, kind=None, normalized=None):
        databases(name)
        with connect(settings, autocommit=True, dbname=name) as other:
            if table:
                columns = [LegacyColumn("transcript_id", "text"), LegacyColumn("expression_fold_change", kind or "double precision")]
                create_legacy_table(other, "public", table, columns)
                with other.cursor() as cursor:
                    cursor.executemany(f"insert into {table} values (%s, %s)", list(values.items()))
            if normalized is not None:
                other.execute(NORMALIZED)
                with other.cursor() as cursor:
                    statement = "insert into transcripts (transcript_id, expression_fold_change) values (%s, %s)"
                    cursor.executemany(statement, list(normalized.items()))
        return name

    return create


def create_v060(settings, database, *patients):
    with connect(settings, autocommit=True, dbname=database) as other:
        for schema, patient_id in patients:
            other.execute(sql.SQL(V060).format(schema=sql.Identifier(schema), patient_id=sql.Literal(patient_id)))


def values_of(reading):
    return dict(zip(reading.rows["raw_id"].to_pylist(), reading.rows["fold_change"].to_pylist(), strict=True))


def test_values_that_are_not_one_are_read_as_they_are(settings, patient_copy):
    name = patient_copy(
        "mediabase_patient_HER2-001",
        {
            "ENST00000000004.5": 0.029,
            "ENST00000000001": 8.45,
            "ENST00000000002": 1.0,
            "ENST00000000003": None,
            "ENST00000000005.2_PAR_Y": 2.0,
        },
    )
    reading = read_patient_database(settings, name)
    assert values_of(reading) == {"ENST00000000001": 8.45, "ENST00000000004.5": 0.029, "ENST00000000005.2_PAR_Y": 2.0}
    assert reading.rows.schema == READING_SCHEMA
    assert reading.rows["row_number"].to_pylist() == [1, 2, 3]
    assert reading.rows["lookup_id"].to_pylist() == ["ENST00000000001", "ENST00000000004", "ENST00000000005_PAR_Y"]
    assert set(reading.rows["id_kind"].to_pylist()) == {IdKind.ENSEMBL_TRANSCRIPT}
    assert reading.rows["log2_fold_change"].to_pylist() == pytest.approx([math.log2(8.45), math.log2(0.029), 1.0])
    assert reading.rows["na_reason"].null_count == reading.rows["p_value"].null_count == reading.rows_read == 3
    assert (reading.level, reading.scale, reading.tool, reading.file_name) == (Level.TRANSCRIPT, Scale.LINEAR, "MEDIABASE", name)
    assert reading.columns[Role.FOLD_CHANGE] == "expression_fold_change"
    assert any(note.startswith("1 of 5 rows has the value 1.0") for note in reading.notes)
    assert any(note.startswith("1 row has no value") for note in reading.notes)


@pytest.mark.parametrize("kind", ["real", "numeric"])
def test_a_value_of_another_numeric_type_keeps_its_digits(settings, patient_copy, kind):
    name = patient_copy("mbase_patient123", {"ENST00000000001": 8.45}, kind=kind)
    assert values_of(read_patient_database(settings, name)) == {"ENST00000000001": 8.45}


def test_a_value_without_logarithm_is_kept_with_its_reason(settings, patient_copy):
    name = patient_copy(
        "mediabase_patient_zero", {"ENST00000000001": 0.0, "ENST00000000002": math.nan, "ENSMUST00000000003": 2.0, "TP53": 3.0}
    )
    rows = read_patient_database(settings, name).rows.sort_by("raw_id").to_pylist()
    by_id = {row["raw_id"]: row for row in rows}
    assert (by_id["ENST00000000001"]["fold_change"], by_id["ENST00000000001"]["na_reason"]) == (None, NaReason.INFINITE)
    assert (by_id["ENST00000000002"]["log2_fold_change"], by_id["ENST00000000002"]["na_reason"]) == (None, NaReason.NO_EFFECT)
    assert by_id["ENSMUST00000000003"]["id_kind"] == IdKind.OTHER_SPECIES
    assert by_id["TP53"]["id_kind"] == IdKind.UNKNOWN


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"ENST00000000001": -1.5, "ENST00000000002": 2.0}, "1 value is below 0"),
        ({"ENST00000000001": math.inf}, "1 value is infinite"),
        ({"ENST00000000001": 1.0}, "other than 1.0"),
        ({}, "other than 1.0"),
    ],
)
def test_values_that_are_no_linear_fold_changes_of_a_patient_are_refused(settings, patient_copy, values, words):
    name = patient_copy("mediabase_patient_bad", values)
    with pytest.raises(PatientFileError, match=words) as error:
        read_patient_database(settings, name)
    assert name in error.value.where
    assert error.value.next_step


def test_a_database_in_which_nothing_is_below_one_is_pointed_out(settings, patient_copy):
    raised = {f"ENST{n:011d}": 2.0**n for n in range(1, 30)}
    assert any(
        "None of the 29 values is below 1" in n for n in read_patient_database(settings, patient_copy("mediabase_patient_up", raised)).notes
    )


@pytest.mark.parametrize(
    ("legacy", "normalized", "expected", "differing"),
    [
        ({"A.1": 2.0, "B": 1.0}, {"A": 2.0, "B": 1.0}, {"A.1": 2.0}, None),
        ({"A.1": 2.0, "B": 1.0}, {"A": 3.0, "B": 0.5, "C": 1.0}, {"A.1": 2.0}, "2 transcripts (A, B)"),
        ({"A.1": 1.0, "B": 1.0}, {"A": 3.0, "B": 1.0}, {"A": 3.0}, "1 transcript (A)"),
        ({"A.1": 2.0}, {"A": 1.0}, {"A.1": 2.0}, "1 transcript (A)"),
    ],
)
def test_the_legacy_table_counts_before_the_normalized_one_and_differences_are_noted(
    settings, patient_copy, legacy, normalized, expected, differing
):
    ids = {"A": "ENST00000000001", "B": "ENST00000000002", "C": "ENST00000000003"}

    def full(values):
        return {ids[k[0]] + k[1:]: value for k, value in values.items()}

    name = patient_copy("mediabase_patient_both", full(legacy), normalized=full(normalized))
    reading = read_patient_database(settings, name)
    assert values_of(reading) == full(expected)
    notes = [note for note in reading.notes if "differs for" in note]
    assert len(notes) == (differing is not None)
    if differing:
        for letter, transcript_id in ids.items():
            differing = differing.replace(f"({letter}", f"({transcript_id}").replace(f" {letter})", f" {transcript_id})")
        assert differing in notes[0]
    if normalized["A"] != 1.0:
        other = read_patient_database(settings, name, relation="transcripts")
        assert values_of(other) == {k: v for k, v in full(normalized).items() if v != 1.0}
        assert not any("differs for" in note for note in other.notes)


def test_a_copy_with_only_the_normalized_table_is_read(settings, patient_copy):
    name = patient_copy("mediabase_patient_new", {}, table=None, normalized={"ENST00000000001": 2.5, "ENST00000000002": 1.0})
    assert values_of(read_patient_database(settings, name)) == {"ENST00000000001": 2.5}


def test_the_hash_is_that_of_the_values_whatever_their_order_on_the_disk(settings, patient_copy):
    values = {f"ENST{n:011d}": 1.0 + n / 7 for n in range(1, 9)}
    first = read_patient_database(settings, patient_copy("mediabase_patient_one", values))
    turned = read_patient_database(settings, patient_copy("mediabase_patient_two", dict(reversed(values.items()))))
    other = read_patient_database(settings, patient_copy("mediabase_patient_six", values | {"ENST00000000001": 7.0}))
    assert (first.content_hash, first.sha256) == (turned.content_hash, turned.sha256)
    assert first.content_hash != other.content_hash
    assert first.sha256 != other.sha256


def test_a_schema_of_a_patient_is_read_with_its_metadata_but_not_what_is_nested(settings, databases):
    databases("mbase_main")
    create_v060(settings, "mbase_main", ("patient_her2-001", "HER2-001"), ("patient_b_2", "B-2"))
    reading = read_patient_database(settings, "mbase_main", "HER2-001")
    assert values_of(reading) == {"ENST00000000001": 8.45, "ENST00000000002": 0.12}
    assert reading.form["relation"] == "patient_her2-001.expression_data"
    text = "\n".join(reading.notes)
    values = (
        "upload_date 2026-01-02T03:04:05+00:00, source_file her2.csv, normalization_method linear, total_transcripts 3, cancer_type breast"
    )
    assert f"The old database's metadata: {values}." in text
    assert "metadata_json (surname)" in text
    assert "CANARY" not in text
    assert "/home" not in text
    assert read_patient_database(settings, "mbase_main", schema="patient_b_2").form["relation"] == "patient_b_2.expression_data"
    with pytest.raises(PatientError, match=r"2 schemas of patients.*patient_b_2 \(B-2\), patient_her2-001 \(HER2-001\)"):
        read_patient_database(settings, "mbase_main")
    with pytest.raises(PatientError, match="no schema of the patient other"):
        read_patient_database(settings, "mbase_main", "other")


def test_the_databases_and_schemas_of_patients_are_found_with_their_ids(settings, conn, databases):
    for name in ("mediabase_patient_HER2-001", "mbase_patient123", "mbase_patients", "mediabase_proof_1_2", "unrelated", "mbase_main"):
        databases(name)
    databases("mediabase_patient_';--")
    for name in ("mediabase_proof_1_2", "unrelated", "mbase_main"):
        create_v060(settings, name, ("patient_abc", "ABC"), ("patient_her2-001", "HER2-001"))
    create_v060(settings, conn.info.dbname, ("patient_own", None))
    found = find_patient_databases(settings)
    assert found == [
        PatientDatabase("mbase_patient123", None, "patient123"),
        PatientDatabase("mediabase_patient_';--", None, None),
        PatientDatabase("mediabase_patient_HER2-001", None, "HER2-001"),
        PatientDatabase(conn.info.dbname, "patient_own", "own"),
        PatientDatabase("mbase_main", "patient_abc", "ABC"),
        PatientDatabase("mbase_main", "patient_her2-001", "HER2-001"),
    ]
    assert {key: list(map(str, places)) for key, places in of_one_id(found).items()} == {
        "HER2-001": ["mediabase_patient_HER2-001", "mbase_main, schema patient_her2-001"]
    }
    assert patient_id_of(found[2].database) == found[2].patient_id


@pytest.mark.parametrize(
    "name", ["mediabase_patient_HER2-01", "x' or 1=1;--", "dbname=postgres user=postgres", "postgresql:///postgres", ""]
)
def test_a_database_that_does_not_exist_is_an_error_with_similar_names(settings, patient_copy, name):
    patient_copy("mediabase_patient_HER2-001", {"ENST00000000001": 2.0})
    with pytest.raises(PatientError, match="no database") as error:
        read_patient_database(settings, name)
    assert ("Similar: mediabase_patient_HER2-001" in error.value.what) == (name == "mediabase_patient_HER2-01")


def test_a_database_without_fold_changes_is_refused(settings, databases):
    databases("mediabase_patient_empty")
    with pytest.raises(
        PatientFileError, match=r"no cancer_transcript_base\.expression_fold_change and transcripts\.expression_fold_change"
    ):
        read_patient_database(settings, "mediabase_patient_empty")
    with connect(settings, autocommit=True, dbname="mediabase_patient_empty") as other:
        other.execute(f"create table {TABLE} (transcript_id text, expression_fold_change text)")
    with pytest.raises(PatientFileError, match="expression_fold_change is text, not double precision"):
        read_patient_database(settings, "mediabase_patient_empty")


def test_rows_that_a_role_may_not_see_are_an_error(settings, conn, patient_copy):
    name = patient_copy("mediabase_patient_hidden", {"ENST00000000001": 2.0})
    with make_databases(conn, role="reader_of_copies") as _, connect(settings, autocommit=True, dbname=name) as other:
        as_reader = settings.model_copy(
            update={
                "database": settings.database.model_copy(
                    update={"host": conn.info.host, "port": conn.info.port, "user": "reader_of_copies"}
                )
            }
        )
        with pytest.raises(ServerError, match="may not read the relation"):
            read_patient_database(as_reader, name)
        other.execute(f"grant select on {TABLE} to reader_of_copies")
        assert read_patient_database(as_reader, name).rows_read == 1
        other.execute(f"alter table {TABLE} enable row level security")
        with pytest.raises(ServerError, match="Row-level security"):
            read_patient_database(as_reader, name)
        other.execute("drop owned by reader_of_copies")
