"""What can be granted: the objects of the database that are ours, and what each kind of role has to be able to do with them.

1. A migrator creates schemas in the database and relations in the live schema, and reads the legacy table. What it creates, it owns.
2. An analyst reads what is released, and executes its functions.
3. A curator does so too, and reads the legacy table and the records: quarantine, repairs, accounts, checks.
4. A reader of patients reads what is released, and of the patients' data the rows that `mediabase patients grant` gives.
"""

from collections.abc import Collection
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from psycopg import sql

from mediabase_assets.model.views import FUNCTIONS
from mediabase_assets.postgres.connection import Session
from mediabase_assets.postgres.sql_files import read
from mediabase_assets.postgres.target import NAMES
from mediabase_assets.settings.load import Settings

_OBJECTS = Path(__file__).parent / "sql" / "objects.sql"
#: Tables of the patients' data that the views read and that hold no patient's data.
_SHARED = ("gene_ids", "transcript_ids")
#: The first version with views that use the rights of whoever asks.
_INVOKER = 150000
#: Every privilege that there is on an object of a kind, in PostgreSQL's words.
PRIVILEGES: dict[str, tuple[str, ...]] = {
    "database": ("connect", "create", "temporary"),
    "schema": ("usage", "create"),
    "table": ("select", "insert", "update", "delete", "truncate", "references", "trigger"),
    "sequence": ("usage", "select", "update"),
    "function": ("execute",),
}


class Kind(StrEnum):
    """What a role is for."""

    MIGRATOR = "migrator"
    CURATOR = "curator"
    ANALYST = "analyst"
    PATIENT_READER = "patient reader"


#: Kinds whose grants are kept up by releases: those that own nothing.
READERS = (Kind.CURATOR, Kind.ANALYST, Kind.PATIENT_READER)
_Rights = dict[tuple[str, str], tuple[str, ...]]
_RELEASED: _Rights = {("schema", "live"): ("usage",), ("table", "live"): ("select",), ("function", "live"): ("execute",),
             ("database", "database"): ("connect",)}  # fmt: skip
_LEGACY: _Rights = {("schema", "legacy"): ("usage",), ("table", "legacy"): ("select",)}
_WANTED: dict[Kind, _Rights] = {
    Kind.MIGRATOR: {
        ("database", "database"): ("connect", "create", "temporary"), ("schema", "live"): ("usage", "create"), **_LEGACY,
    },
    Kind.ANALYST: _RELEASED,
    Kind.CURATOR: {**_RELEASED, **_LEGACY, ("schema", "operations"): ("usage",), ("table", "operations"): ("select",)},
    Kind.PATIENT_READER: {**_RELEASED, ("schema", "patients"): ("usage",), ("table", "patients"): ("select",)},
}  # fmt: skip


class Object(NamedTuple):
    """Something that privileges are on.

    Attributes:
        kind: `database`, `schema`, `table` (also views), `sequence` or `function`.
        room: Whose it is: `live`, `legacy`, `operations`, `patients`, `build` …
        oid: Its number in the catalogue.
        identity: Its name as SQL.
        name: Its name alone.
        is_protected: Of the patients' data: whether each role sees only the rows that it was given.
        owner: The role that may grant it.
    """

    kind: str
    room: str
    oid: int
    identity: str
    name: str
    is_protected: bool
    owner: str


def objects(conn: Session, settings: Settings) -> list[Object]:
    """The objects, in a fixed order."""
    workspace, database = conn.workspace, settings.database
    schemas = {
        "live": database.schema_name, "operations": workspace.operations, "patients": workspace.patients, "build": workspace.build,
        "successors": workspace.successors, "rehearsal": workspace.rehearsal, "dagster": workspace.dagster,
    }  # fmt: skip
    option = "security_invoker" if conn.info.server_version >= _INVOKER else "security_barrier"
    return conn.rows(
        Object,
        sql.SQL(read(_OBJECTS)),
        rooms=[*schemas], schemas=[*schemas.values()], legacy_schema=database.source_schema, legacy_table=database.legacy_table,
        released=sorted(NAMES), functions=[*FUNCTIONS], protecting=[f"{option}=true", f"{option}=on"], shared=[*_SHARED],
    )  # fmt: skip


def wanted(kind: Kind, thing: Object, source_schema: str) -> Collection[str]:
    """The privileges that a kind of role has to have on an object.

    Args:
        kind: What the role is for.
        thing: The object.
        source_schema: Schema of the legacy table, which needs `usage` where it is one of ours.
    """
    if thing.kind == "table" and thing.room == "patients" and not thing.is_protected:
        return ()
    rights = _WANTED[kind].get((thing.kind, thing.room), ())
    is_of_legacy = thing.kind == "schema" and thing.name == source_schema and ("table", "legacy") in _WANTED[kind]
    return (*rights, "usage") if is_of_legacy and "usage" not in rights else rights
