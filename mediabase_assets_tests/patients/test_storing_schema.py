"""The schema of patients' data: deployed once, kept up to date."""

import pytest

from mediabase_assets.model.patients import PatientError
from mediabase_assets.patients.storing.deploy import deploy, is_deployed
from mediabase_assets.patients.storing.importing import import_reading
from mediabase_assets_tests.fixtures.patient_database import create_live, reading

pytestmark = pytest.mark.pg


def test_a_database_without_released_genes_is_an_error_and_stays_as_it_is(conn, settings):
    with pytest.raises(PatientError, match="no released genes"):
        import_reading(conn, settings, "P-1", reading([("TP53", 1)]))
    assert not is_deployed(conn)


def test_the_schema_is_created_once(conn, settings):
    create_live(conn)
    assert not is_deployed(conn)
    deploy(conn, settings)
    assert is_deployed(conn)
    before = conn.execute("select xmin::text from pg_class where relname = 'stored_patients'").fetchone()
    deploy(conn, settings)
    assert conn.execute("select xmin::text from pg_class where relname = 'stored_patients'").fetchone() == before
    parts = conn.execute("select count(*) from pg_inherits where inhparent = 'mediabase_patients.stored_gene_values'::regclass").fetchone()
    assert parts == (16,)
    for view in ("patients", "patient_gene_expression", "patient_transcript_expression", "patient_unmatched"):
        assert conn.execute(f"select count(*) from mediabase_patients.{view}").fetchone() == (0,)
