"""Questions over all patients: in whom is a gene up, which pathways are hit in whom, for how many is there a drug.

Contains the functions; their SQL is in `sql/cohort`. Whoever asks sees the patients that were given to him, and shares are of these.
"""

import difflib
from typing import Literal

from psycopg import sql

from mediabase_assets.model.patients import DOWN, UP, PatientError
from mediabase_assets.patients.questions.asking import Answer, answer, ask, places, statement
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings

Status = Literal["up", "down", "measured"]
#: Condition on the fold change, and in which order the most changed come first.
_CONDITIONS: dict[Status, tuple[sql.SQL, sql.SQL, sql.SQL]] = {
    "up": (sql.SQL("e.fold_change > {up}"), sql.SQL("e.fold_change desc"), sql.SQL("desc")),
    "down": (sql.SQL("e.fold_change < {down}"), sql.SQL("e.fold_change"), sql.SQL("asc")),
    "measured": (sql.SQL("e.fold_change is not null"), sql.SQL("abs(e.log2_fold_change) desc"), sql.SQL("desc")),
}
_WORDS: dict[Status, str] = {"up": f"up (over {UP:g})", "down": f"down (under {DOWN:g})", "measured": "measured"}


def patients_with_gene(conn: Connection, settings: Settings, gene: str, status: Status = "up") -> Answer:
    """In whom a gene is up, down, or measured at all; one row per patient, the most changed first.

    Args:
        conn: A session that may read patients.
        settings: Which live schema.
        gene: Symbol or Ensembl gene id.
        status: Over `UP`, under `DOWN`, or any value.

    Raises:
        PatientError: The database has no such gene.
    """
    gene_id, symbol = _gene(conn, settings, gene)
    condition, order, direction = _CONDITIONS[status]
    names = places(conn, settings)
    query = statement(conn, settings, "cohort/gene", condition=condition.format(**names), order=order, direction=direction)
    return answer(conn, query, f"Patients in whom {symbol} is {_WORDS[status]}", {"gene_id": gene_id})


def drugs_for_cohort(
    conn: Connection, settings: Settings, *, any_target: bool = False, any_approval: bool = True, limit: int = 50
) -> Answer:  # fmt: skip
    """For how many patients a drug acts on an up-regulated gene; one row per drug, most patients first.

    Args:
        conn: A session that may read patients.
        settings: Which live schema.
        any_target: Also genes on which the drug was only measured, which are no target of its mechanism of action.
        any_approval: Also drugs for which no source names a clinical phase, as DrugCentral does not.
        limit: How many drugs.
    """
    values = {"any_target": any_target, "any_approval": any_approval, "limit": limit}
    return ask(conn, settings, "cohort/drugs", "Drugs by the number of patients in whom a target is up", values)


def pathways_of_cohort(conn: Connection, settings: Settings, *, limit: int = 50) -> Answer:
    """Which pathways are hit in how many patients; one row per pathway, most patients first. Patients count once `enrich` counted them.

    Args:
        conn: A session that may read patients.
        settings: Which live schema.
        limit: How many pathways.
    """
    return ask(conn, settings, "cohort/pathways", "Pathways by the number of patients in whom they are hit", {"limit": limit})


def patients_with_pathway(conn: Connection, settings: Settings, pathway_id: str) -> Answer:
    """In whom a pathway is hit; one row per patient, the smallest p value first.

    Args:
        conn: A session that may read patients.
        settings: Which live schema.
        pathway_id: Reactome stable id or PharmGKB accession.
    """
    return ask(conn, settings, "cohort/pathway", f"Patients in whom {pathway_id} is hit", {"pathway_id": pathway_id})


def _gene(conn: Connection, settings: Settings, gene: str) -> tuple[str, str]:
    """Id and symbol of a gene; a symbol in another case is taken where the exact one is not there."""
    rows = conn.execute(statement(conn, settings, "cohort/gene_named"), {"gene": gene}).fetchall()
    if rows:
        return str(rows[0][0]), str(rows[0][1])
    names = sql.SQL("select gene_symbol from {live}.genes where upper(gene_symbol) like upper(left(%s, 1)) || '%%'")
    near = difflib.get_close_matches(gene, conn.values(names.format(**places(conn, settings)), gene), n=3)
    raise PatientError(
        f"The database has no gene {gene[:50]!r}.",
        where="gene",
        next_step=f"Did you mean {' or '.join(near)}?" if near else "Give a symbol or an Ensembl gene id.",
    )
