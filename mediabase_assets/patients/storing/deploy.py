"""The schema of the patients' data: its tables, views and row-level security, created once and brought up to date with the code.

Contains the deployment. Rows come from `importing`; what people ask beyond the rows is in `patients/questions`.
"""

from pathlib import Path

from psycopg import sql

from mediabase_assets.patients.storing import codes
from mediabase_assets.postgres.sql_files import Connection, code_version, read
from mediabase_assets.roles import grants
from mediabase_assets.settings.load import Settings

_SQL = Path(__file__).parent / "sql"
_TABLES, _VIEWS, _POLICY, _POLICY_OF_ACCESS = (
    _SQL / f"{name}.sql" for name in ("tables", "views", "security", "security_of_access")
)  # fmt: skip
#: Tables whose rows are a patient's, and which only those may read who may read the patient.
PROTECTED = ("stored_patients", "stored_gene_values", "stored_transcript_values", "stored_unmatched", "patient_views")
#: The first version with views that use the rights of whoever asks.
SECURITY_INVOKER = 150000
_READABLE = """(pg_has_role({owner}, 'usage') or p.patient_key = any (array(
    select a.patient_key from {patients}.patient_access as a join pg_catalog.pg_roles as r on r.rolname = a.role_name
    where pg_has_role(r.oid, 'usage'))))"""


def is_deployed(conn: Connection) -> bool:
    """Whether the schema of the patients' data exists."""
    return bool(conn.value("select to_regnamespace(quote_ident(%s)) is not null", conn.workspace.patients))


def has_invoker(conn: Connection) -> bool:
    """Whether the server has views that use the rights of whoever asks; on an older one the views themselves look who asks."""
    return conn.info.server_version >= SECURITY_INVOKER


def deploy(conn: Connection, settings: Settings) -> None:
    """Create the schema of the patients' data, or bring it up to date; one query where it is.

    Grain of what it holds: see the SQL files. The views read the released tables of `settings.database.schema_name`.

    Args:
        conn: A session that may write.
        settings: Which live schema.
    """
    schema = conn.workspace.patients
    comment = f"Patients' expression data of MEDIABASE (definition {_version(conn, settings)})"
    if conn.value("select obj_description(to_regnamespace(quote_ident(%s)), 'pg_namespace')", schema) == comment:
        return
    with conn.transaction():
        conn.execute("select pg_advisory_xact_lock(hashtextextended(%s, 15))", (schema,))
        names = _names(conn, settings)
        conn.execute(sql.SQL(read(_TABLES)).format(**names))
        for table in PROTECTED:
            conn.execute(sql.SQL(read(_POLICY)).format(patients=names["patients"], stored=sql.Identifier(table)))
        conn.execute(sql.SQL(read(_POLICY_OF_ACCESS)).format(patients=names["patients"]))
        conn.execute(sql.SQL(read(_VIEWS)).format(**names))
        conn.execute(sql.SQL("comment on schema {} is {}").format(names["patients"], sql.Literal(comment)))
        grants.keep_up(conn, settings)


def view_options(conn: Connection) -> dict[str, sql.Composable]:
    """What every view over patients' data is created with: `options`, and `readable`, a condition over `p.patient_key` (see views.sql)."""
    if has_invoker(conn):
        return {"options": sql.SQL("security_invoker = true"), "readable": sql.SQL("true")}
    owner = conn.value(
        "select coalesce((select pg_get_userbyid(nspowner) from pg_namespace where nspname = %s), current_user)", conn.workspace.patients
    )
    readable = sql.SQL(_READABLE).format(owner=sql.Literal(str(owner)), patients=sql.Identifier(conn.workspace.patients))
    return {"options": sql.SQL("security_barrier = true"), "readable": readable}


def _names(conn: Connection, settings: Settings) -> dict[str, sql.Composable]:
    """What takes the places in the SQL files."""
    schema = conn.workspace.patients
    return {
        "patients": sql.Identifier(schema),
        "schema_name": sql.Literal(schema),
        "live": sql.Identifier(settings.database.schema_name),
        "kinds": codes.words(codes.KINDS),
        "matches": codes.words(codes.MATCHES),
        "na_reasons": codes.words(codes.NA_REASONS),
        "reasons": codes.words(codes.REASONS),
        **view_options(conn),
    }


def _version(conn: Connection, settings: Settings) -> str:
    """Changes with the SQL, the codes, the live schema, and with what the server can do."""
    values = (
        repr((codes.KINDS, codes.MATCHES, codes.NA_REASONS, codes.REASONS)),
        settings.database.schema_name,
        str(has_invoker(conn)),
    )
    return code_version(_TABLES, _VIEWS, _POLICY, _POLICY_OF_ACCESS, values=values)
