"""Databases of single patients, as the old programs made them: found, read, and made."""

from mediabase_assets.patients.legacy_databases.export import DatabaseExport, export_as_database
from mediabase_assets.patients.legacy_databases.find import PatientDatabase, find_patient_databases, of_one_id
from mediabase_assets.patients.legacy_databases.names import database_name, patient_id_of
from mediabase_assets.patients.legacy_databases.read import read_patient_database

__all__ = [
    "DatabaseExport",
    "PatientDatabase",
    "database_name",
    "export_as_database",
    "find_patient_databases",
    "of_one_id",
    "patient_id_of",
    "read_patient_database",
]
