"""What the tests of patients share: a database with a few released genes that is made once, and emptied of patients after each test."""

import pytest

from mediabase_assets.patients.storing.deploy import deploy
from mediabase_assets.postgres.connect import connect
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.fixtures.patient_database import create_live


@pytest.fixture(scope="session")
def patient_settings(files_home):
    """Settings of a database with released genes and the tables of patients; tests must not change its genes."""
    made = load_settings(home=files_home, database={"name": "for_patients"}, backup_dir=files_home / "backups of patients")
    with connect(made, autocommit=True) as conn:
        create_live(conn)
        deploy(conn, made)
    return made


@pytest.fixture
def patient_conn(patient_settings):
    """A session on that database; every patient is gone after the test."""
    with connect(patient_settings, autocommit=True) as conn:
        yield conn
        tables = ("stored_gene_values", "stored_transcript_values", "stored_unmatched", "stored_patients")
        conn.execute("; ".join(f"delete from mediabase_patients.{table}" for table in tables))
