"""The names of patients' databases and schemas: which patient each is of, and what a new one is called.

Contains rules about names only; contract 7.1 and its naming (`mediabase_patient_<ID>`, `mbase_patient123`, schema `patient_<id>`).
"""

import re

from mediabase_assets.model.patients import PATIENT_ID, PatientError, checked_patient_id

_DATABASE = re.compile(r"(?:mediabase|mbase)_(?P<whole>patient(?:_(?P<rest>.+)|\d.*))", re.I | re.S)
_NEW_DATABASE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
#: PostgreSQL cuts longer names.
_LONGEST = 63


def is_patient_database(database: str) -> bool:
    """Whether a database has the name of one patient's.

    >>> is_patient_database("mediabase_patient_HER2"), is_patient_database("mediabase"), is_patient_database("mbase_patients")
    (True, False, False)
    """
    return _DATABASE.fullmatch(database) is not None


def patient_id_of(database: str) -> str | None:
    """The patient whom a database is named after; None where the name holds no id that is allowed.

    What follows `patient_`, in its case; where that is no id (a number, or too short), the name from `patient` on.

    >>> patient_id_of("mediabase_patient_HER2-001"), patient_id_of("mbase_patient123"), patient_id_of("mediabase_patient_7")
    ('HER2-001', 'patient123', 'patient_7')
    >>> patient_id_of("mediabase"), patient_id_of("mediabase_patient_';--")
    (None, None)
    """
    match = _DATABASE.fullmatch(database)
    candidates = (match["rest"] or "", match["whole"]) if match else ()
    return next((text for text in candidates if PATIENT_ID.fullmatch(text)), None)


def patient_id_of_schema(schema: str) -> str | None:
    """The same of a schema of v0.6.0.

    >>> patient_id_of_schema("patient_her2-001"), patient_id_of_schema("patient_7"), patient_id_of_schema("public")
    ('her2-001', 'patient_7', None)
    """
    return patient_id_of(f"mediabase_{schema}")


def database_name(patient_id: str) -> str:
    """The name that the old workflow gives to the database of a patient.

    Raises:
        PatientError: The id is not allowed, or too long for a name.

    >>> database_name("HER2-001")
    'mediabase_patient_HER2-001'
    """
    return checked_database_name(f"mediabase_patient_{checked_patient_id(patient_id)}")


def checked_database_name(database: str) -> str:
    """The name, if a new database may have it.

    Raises:
        PatientError: It may not.

    >>> checked_database_name("mbase_her2-copy")
    'mbase_her2-copy'
    """
    if _NEW_DATABASE.fullmatch(database) is None or len(database) > _LONGEST:
        raise PatientError(
            f"{database[:100]!r} is no name for a database of a patient.",
            where="name of the new database",
            next_step=f"Give a name of at most {_LONGEST} letters, digits, _ and -, the first a letter.",
        )
    return database
