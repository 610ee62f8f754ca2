"""The views, functions and tables of what people ask about patients, in the schema of the patients' data.

Contains the deployment, and the views that are made for one patient. The rows themselves are `patients/storing`.
"""

from typing import LiteralString

import psycopg
from psycopg import sql

from mediabase_assets.model.patients import DOWN, UP, PatientError, checked_patient_id
from mediabase_assets.model.quantities import counted
from mediabase_assets.model.views.base import LONGEST_NAME
from mediabase_assets.patients.questions.asking import SIGNIFICANT, SQL, places
from mediabase_assets.patients.storing import deploy as storing
from mediabase_assets.patients.storing.listing import unknown_patient
from mediabase_assets.postgres import dependents
from mediabase_assets.postgres.sql_files import Connection, code_version, is_there, read
from mediabase_assets.settings.load import Settings

#: Files in the order in which they are run; views come last.
_FILES = tuple(
    SQL / f"{name}.sql" for name in ("tables", "expression", "gene_drugs", "drug_candidates", "pathway_enrichment", "views")
)  # fmt: skip
_ENRICHED, _PATIENT_VIEW, _POLICY = SQL / "enriched.sql", SQL / "patient_view.sql", SQL / "security.sql"
#: Tables with patient_key, which only those may read who may read the patient.
PROTECTED = ("stored_enrichments", "stored_pathway_hits")
#: The views that people query.
VIEWS = (
    "patient_expression", "patient_enriched_view", "patient_transcript_enriched_view", "patient_drug_candidates",
    "patient_pathway_enrichment", "patient_enrichments",
)  # fmt: skip
_FUNCTIONS: LiteralString = "enriched(), transcript_enriched(), drug_candidates(), pathway_enrichment(), gene_drugs(text)"
#: Types of action (DrugCentral, ChEMBL, Repurposing Hub) that lower, and that raise, the activity of a gene's product; anything else is
#: unknown. What lowers is looked for first, for an `inverse agonist` lowers.
INHIBITING = (
    "(inhibit|antagonist|block|negative|antibody|antisense|rnai|degrad|inverse agonist|suppress|sequester|hydroly|proteolytic|cross-link"
    "|disrupt)"
)
ACTIVATING = "(agonist|activat|open|positive|induc|releas|stimulat|chaperone|stabili)"
_VERSION_IN = "The genes and transcripts of patients with what is known about them"


def deploy_questions(conn: Connection, settings: Settings) -> None:
    """Create what people ask with, or bring it up to date; a few queries where it is.

    Args:
        conn: A session that may write.
        settings: Which live schema.
    """
    storing.deploy(conn, settings)
    schema = conn.workspace.patients
    comment = f"{_VERSION_IN} (definition {_version(conn, settings)})"
    if conn.value("select obj_description(to_regclass(format('%%I.patient_enriched_view', %s::text)), 'pg_class')", schema) == comment:
        return
    with conn.transaction():
        conn.execute("select pg_advisory_xact_lock(hashtextextended(%s, 15))", (schema,))
        # what the functions read need not exist yet, and may be replaced
        conn.execute("set local check_function_bodies = off")
        names = _names(conn, settings)
        try:
            with conn.transaction():
                _create(conn, names)
        except (psycopg.errors.InvalidFunctionDefinition, psycopg.errors.InvalidTableDefinition):  # other columns than before
            _replace(conn, names)
        _let_readers_in(conn, schema)
        conn.execute(sql.SQL("comment on view {}.patient_enriched_view is {}").format(names["patients"], sql.Literal(comment)))


def create_patient_view(conn: Connection, settings: Settings, patient_id: str) -> str:
    """Create `patient_<id>_enriched_view`, one row per transcript of a patient; returns its name.

    It is in the schema of the patients' data, has the columns of the owner's workflow, and goes with the patient.

    Args:
        conn: A session that may write.
        settings: Which live schema.
        patient_id: Whose; the case is kept.

    Raises:
        PatientError: There is no such patient, or the name would be longer than PostgreSQL takes.
    """
    name = patient_view_name(patient_id)
    deploy_questions(conn, settings)
    schema = conn.workspace.patients
    with conn.transaction():
        query = sql.SQL("select patient_key from {}.stored_patients where patient_id = %s for key share").format(sql.Identifier(schema))
        key = conn.value(query, patient_id)
        if key is None:
            raise unknown_patient(patient_id)
        conn.execute(sql.SQL(read(_PATIENT_VIEW)).format(
            patients=sql.Identifier(schema), view=sql.Identifier(name), patient_id=sql.Literal(patient_id), **storing.view_options(conn),
        ))  # fmt: skip
        conn.execute(
            sql.SQL("insert into {}.patient_views values (%s, %s, %s) on conflict do nothing").format(sql.Identifier(schema)),
            (key, schema, name),
        )
        _let_readers_in(conn, schema)
    return name


def patient_view_name(patient_id: str) -> str:
    """The name of a patient's own view.

    Raises:
        PatientError: It is longer than PostgreSQL takes, or the id is not allowed.

    >>> patient_view_name("HER2-001")
    'patient_HER2-001_enriched_view'
    """
    name = f"patient_{checked_patient_id(patient_id)}_enriched_view"
    if len(name) > LONGEST_NAME:
        raise PatientError(
            f"The view of {patient_id} would have a name of {counted(len(name), 'character')}; PostgreSQL takes {LONGEST_NAME}.",
            where="patient id",
            next_step=f"Query patient_transcript_enriched_view with `where patient_id = '{patient_id}'`; it shows the same.",
        )
    return name


def _create(conn: Connection, names: dict[str, sql.Composable]) -> None:
    """Run every file, and protect the tables."""
    for path in _FILES[:-1]:
        conn.execute(sql.SQL(read(path)).format(**names))
    for function, source in (("enriched", "patient_expression"), ("transcript_enriched", "patient_transcript_expression")):
        own = {"function": sql.Identifier(function), "source": sql.Identifier(conn.workspace.patients, source)}
        conn.execute(sql.SQL(read(_ENRICHED)).format(**names, **own))
    conn.execute(sql.SQL(read(_FILES[-1])).format(**names))
    for table in PROTECTED:
        conn.execute(sql.SQL(read(_POLICY)).format(patients=names["patients"], stored=sql.Identifier(table)))


def _replace(conn: Connection, names: dict[str, sql.Composable]) -> None:
    """Drop views and functions whose columns change, and create them anew; views of other people and grants are taken along."""
    schema = conn.workspace.patients
    existing = [view for view in VIEWS if is_there(conn, schema, view)]
    above = [d for view in existing for d in dependents.take_down(conn, schema, view)]
    grants = {view: dependents.grants_on(conn, schema, view) for view in existing}
    for view in existing:
        conn.execute(sql.SQL("drop view {}").format(sql.Identifier(schema, view)))
    with_schema = sql.SQL(", ").join(sql.SQL("{}.{}").format(names["patients"], sql.SQL(f)) for f in _FUNCTIONS.split(", "))
    conn.execute(sql.SQL("drop function if exists {}").format(with_schema))
    _create(conn, names)
    for view, given in grants.items():
        dependents.give(conn, schema, view, given)
    dependents.put_up(conn, above)


def _let_readers_in(conn: Connection, schema: str) -> None:
    """Whoever was given a patient may query the views; which rows they show, row-level security decides."""
    with_access = sql.SQL("select distinct a.role_name from {}.patient_access as a join pg_roles as r on r.rolname = a.role_name")
    roles = conn.values(with_access.format(sql.Identifier(schema)))
    of_patients = sql.SQL("select view_name from {}.patient_views where view_schema = %s")
    own = conn.values(of_patients.format(sql.Identifier(schema)), schema)
    relations = sql.SQL(", ").join(sql.Identifier(schema, name) for name in (*VIEWS, *PROTECTED, *own))
    for role in roles:
        conn.execute(sql.SQL("grant select on {} to {}").format(relations, sql.Identifier(role)))


def _names(conn: Connection, settings: Settings) -> dict[str, sql.Composable]:
    """What takes the places in the SQL files."""
    return {
        **places(conn, settings),
        "schema_name": sql.Literal(conn.workspace.patients),
        "inhibiting": sql.Literal(INHIBITING),
        "activating": sql.Literal(ACTIVATING),
        **storing.view_options(conn),
    }


def _version(conn: Connection, settings: Settings) -> str:
    """Changes with the SQL, the live schema, and with what the server can do."""
    options = tuple(value.as_string(conn) for value in storing.view_options(conn).values())
    values = (settings.database.schema_name, INHIBITING, ACTIVATING, repr((UP, DOWN, SIGNIFICANT)), *options)
    return code_version(*_FILES, _ENRICHED, _POLICY, values=values)
