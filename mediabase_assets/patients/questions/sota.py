"""The owner's SOTA questions (contract 5.4), asked of one patient.

Contains the functions; the queries in `sql/sota` are those of the query benchmark, at the grain of the patient's file: they give the same
answers, and count each gene of a file of genes once instead of its transcripts. A transcript of such a file has its gene's value, as in a
database of one patient of the old workflow.
"""

from mediabase_assets.model.query_pairs import QUERY_PAIRS
from mediabase_assets.patients.questions.asking import Answer, answer, require_patient, statement
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings

#: The questions about changed expression; the others are the same for every patient.
NAMES = (
    "sota_1_changed_cancer_genes", "sota_2_upregulated_targets", "sota_3_changed_pathways", "sota_4a_changed_profile",
    "sota_4b_top_candidates", "sota_5_validation",
)  # fmt: skip


def sota(conn: Connection, settings: Settings, patient_id: str) -> tuple[Answer, ...]:
    """The answers for a patient, one table per question.

    Args:
        conn: A session that may read the patient.
        settings: Which live schema.
        patient_id: Whose.

    Raises:
        PatientError: There is no such patient.
    """
    require_patient(conn, patient_id)
    questions = {pair.name: pair.question for pair in QUERY_PAIRS}
    measured = statement(conn, settings, "sota/measured")
    whose = {"patient_id": patient_id}
    return tuple(answer(conn, statement(conn, settings, f"sota/{name}", measured=measured), questions[name], whose) for name in NAMES)
