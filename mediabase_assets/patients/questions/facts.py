"""What there is to say about one patient at a glance: the file, what is up and down, drugs for what is up, pathways that are hit.

Contains the facts; how they are laid out is in the command line and in `page`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mediabase_assets.patients.questions.asking import Answer, ask
from mediabase_assets.patients.storing.listing import unknown_patient
from mediabase_assets.postgres.sql_files import Connection
from mediabase_assets.settings.load import Settings


@dataclass(frozen=True)
class PatientFacts:
    """A patient at a glance.

    Attributes:
        patient_id: Whose.
        file: level, file_name, tool, scale, rows_read, stored, match_rate, imported_at, matched_against, unmatched.
        counts: measured, up, down, unchanged, without_value, up_significant, down_significant (None where the file gives no adjusted p
            value), smallest, largest: of genes or transcripts, whichever the file is of.
        candidates: Up-regulated genes with drugs, the most promising first; see `sql/facts/candidates.sql`.
        druggable_genes: How many such genes there are.
        candidate_drugs: How many pairs of such a gene and a drug.
        pathways: Pathways that are hit, smallest p value first; empty until `enrich` counted them.
        pathways_hit: How many there are.
        enrichment: What was tested, from `patient_enrichments`; empty until then.
    """

    patient_id: str
    file: Mapping[str, Any]
    counts: Mapping[str, Any]
    candidates: Answer
    druggable_genes: int
    candidate_drugs: int
    pathways: Answer
    pathways_hit: int
    enrichment: Mapping[str, Any]


def facts_of(conn: Connection, settings: Settings, patient_id: str, *, limit: int = 10) -> PatientFacts:
    """The facts about a patient.

    Args:
        conn: A session that may read the patient.
        settings: Which live schema.
        patient_id: Whose.
        limit: How many genes and pathways at most.

    Raises:
        PatientError: There is no such patient.
    """
    whose = {"patient_id": patient_id, "limit": limit}
    file = next(iter(ask(conn, settings, "facts/patient", "What is the file?", whose)), None)
    if file is None:
        raise unknown_patient(patient_id)
    candidates = ask(conn, settings, "facts/candidates", "Which up-regulated genes have drugs?", whose)
    pathways = ask(conn, settings, "facts/pathways", "Which pathways are hit?", whose)
    first, hit = next(iter(candidates), {}), next(iter(pathways), {})
    return PatientFacts(
        patient_id=patient_id,
        file=file,
        counts=next(iter(ask(conn, settings, "facts/counts", "How many are up and down?", whose))),
        candidates=candidates.without("genes", "all_drugs"),
        druggable_genes=int(first.get("genes", 0)),
        candidate_drugs=int(first.get("all_drugs", 0)),
        pathways=pathways.without("hit"),
        pathways_hit=int(hit.get("hit", 0)),
        enrichment=next(iter(ask(conn, settings, "facts/enrichment", "What was tested?", whose)), {}),
    )


def most_changed(conn: Connection, settings: Settings, patient_id: str, *, limit: int = 20) -> Answer:
    """The genes or transcripts that changed most, in each direction.

    Args:
        conn: A session that may read the patient.
        settings: Which live schema.
        patient_id: Whose.
        limit: How many of each direction.
    """
    return ask(conn, settings, "facts/changed", "What changed most?", {"patient_id": patient_id, "limit": limit})
