"""Patients' data in backups, beside rollbacks, dry runs and self-tests."""

import pytest

from mediabase_assets.backup import create_backup, verify_backup
from mediabase_assets.backup.choice import find_reusable_backup
from mediabase_assets.backup.place import record_verification
from mediabase_assets.backup.restore_proof import prove_restore
from mediabase_assets.backup.scope import scope_of
from mediabase_assets.model.errors import MediabaseError
from mediabase_assets.model.workspace import PLAN, SELF_TEST, Workspace, is_reserved
from mediabase_assets.patients.storing.deletion import delete
from mediabase_assets.patients.storing.importing import import_reading
from mediabase_assets.settings.load import load_settings
from mediabase_assets_tests.fixtures.patient_database import create_live, reading

pytestmark = pytest.mark.pg


@pytest.fixture
def patients(conn, settings):
    """A database with a legacy table, a few released genes and a patient."""
    create_live(conn)
    conn.execute("create table public.cancer_transcript_base (transcript_id text primary key)")
    import_reading(conn, settings, "A-1", reading([("TP53", 2), ("nobody", 1)]))
    return conn


def backup(conn, settings, name):
    made = create_backup(settings, scope_of(settings, conn.workspace), migration_id=name)
    findings = verify_backup(made)
    assert all(finding.passed for finding in findings), findings
    record_verification(made, tuple(findings))
    return made


def test_a_backup_holds_patients_and_deleting_one_names_it(patients, settings):
    old = backup(patients, settings, "m1")
    assert {r.name: r.rows for r in old.relations if r.schema_name == "mediabase_patients"}["stored_patients"] == 1
    assert find_reusable_backup(patients, settings).migration_id == "m1"
    import_reading(patients, settings, "B-2", reading([("TP53", 2)]))
    assert find_reusable_backup(patients, settings) is None
    backup(patients, settings, "m2")
    import_reading(patients, settings, "A-1", reading([("TP53", 3)]))
    assert delete(patients, settings, "B-2").backups == ("m2",)
    import_reading(patients, settings, "C-3", reading([("TP53", 2)]))
    assert delete(patients, settings, "C-3").backups == ()
    (old.folder / "schemas.dump").write_bytes(b"broken")
    deleted = delete(patients, settings, "A-1")
    assert (deleted.backups, deleted.unreadable_backups) == (("m2",), ("m1",))


def test_patients_are_restored_from_a_backup_with_their_views_and_policies(patients, settings):
    made = backup(patients, settings, "m1")
    findings = prove_restore(settings, made)
    assert all(finding.passed for finding in findings), [f for f in findings if not f.passed]


def test_the_schema_of_patients_is_reserved_and_not_among_those_that_are_dropped():
    assert is_reserved("mediabase_patients")
    assert is_reserved("mediabase_trial_patients")
    with pytest.raises(MediabaseError, match="keeps for itself"):
        load_settings(database={"schema": "mediabase_patients"})
    for name in ("mediabase", PLAN, SELF_TEST):
        workspace = Workspace(name)
        assert Workspace().patients not in (*workspace.schemas, *workspace.stages)
