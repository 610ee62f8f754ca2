"""Patients matched again with genes that changed, and what moved.

Contains the rematch after a release or a rollback: from the rows as they are stored, the matched and the others, without the file.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from psycopg import sql
from psycopg.types.json import Jsonb

from mediabase_assets.model.patients import Duplicates, Level
from mediabase_assets.patients.storing import matching, writing
from mediabase_assets.patients.storing.deploy import deploy, is_deployed
from mediabase_assets.patients.storing.importing import drop_temporary, lock_patient, require_live
from mediabase_assets.patients.storing.reports import from_json, to_json
from mediabase_assets.patients.storing.statements import statement
from mediabase_assets.postgres.sql_files import Connection, count, is_there
from mediabase_assets.settings.load import Settings


@dataclass(frozen=True)
class Rematched:
    """What became of a patient's rows.

    Attributes:
        patient_id: Whose.
        rows: Rows of the file that were matched again; 0 where the genes are as they were.
        gained: Rows that match now and did not before.
        lost: Rows that match nothing any more; they are kept, with their values, among the unmatched.
        moved: Rows that name another gene or transcript than before.
        merged: Rows that name one gene or transcript now and named two before; the one with the smallest adjusted p is kept.
        match_rate: Share of the rows that match.
    """

    patient_id: str
    rows: int
    gained: int
    lost: int
    moved: int
    merged: int
    match_rate: float

    @property
    def has_changed(self) -> bool:
        """Whether anything moved."""
        return any((self.gained, self.lost, self.moved, self.merged))


class _Stored(NamedTuple):
    """What is kept of a patient."""

    patient_key: int
    level: str
    file_name: str
    match_rate: float
    report: dict[str, Any]


def rematch(conn: Connection, settings: Settings) -> tuple[Rematched, ...]:
    """Match every patient whose release is not the live one again, each in a transaction of its own.

    A patient whose genes, transcripts and cross references are those of the live release is only marked as up to date.

    Args:
        conn: A session of `connect`, in which each statement is its own transaction.
        settings: Which live schema.

    Raises:
        PatientError: Nothing is released.
    """
    if not is_deployed(conn):
        return ()
    patients = sql.Identifier(conn.workspace.patients, "stored_patients")
    current = matching.matched_against(conn)
    rows = conn.execute(sql.SQL("select patient_id, matched_against from {} order by patient_id").format(patients)).fetchall()
    outdated = [(str(patient), release) for patient, release in rows if current is None or release != current]
    if not outdated:
        return ()
    require_live(conn, settings)
    deploy(conn, settings)
    conn.execute(statement(conn, settings, "matching/move_transcripts"))
    must = {release: _differ(conn, settings, release, current) for release in {release for _, release in outdated}}
    done = [_rematch_one(conn, settings, patient, is_due=must[release]) for patient, release in outdated]
    return tuple(one for one in done if one)


def _differ(conn: Connection, settings: Settings, release: str | None, current: str | None) -> bool:
    """Whether ids could be matched otherwise than in an earlier release."""
    if release is None or current is None or not is_there(conn, conn.workspace.operations, "release_relations"):
        return True
    return bool(conn.value(statement(conn, settings, "rematching/changed"), release, current))


def _rematch_one(conn: Connection, settings: Settings, patient_id: str, *, is_due: bool) -> Rematched | None:
    """Match one patient again; None if the patient was deleted meanwhile."""
    with conn.transaction():
        lock_patient(conn, patient_id)
        patients = sql.Identifier(conn.workspace.patients, "stored_patients")
        query = sql.SQL("select patient_key, level, file_name, match_rate, report from {} where patient_id = %s").format(patients)
        stored = conn.row(_Stored, query, patient_id)
        if stored is None:
            return None
        key, level, file_name, rate = stored.patient_key, Level(stored.level), stored.file_name, stored.match_rate
        update = sql.SQL("update {} set matched_against = %s where patient_key = %s").format(patients)
        conn.execute(update, (matching.matched_against(conn), key))
        if not is_due:
            return Rematched(patient_id, 0, 0, 0, 0, 0, rate)
        conn.execute(statement(conn, settings, "matching/incoming"))
        conn.execute(statement(conn, settings, "rematching/incoming", level, patient=sql.Literal(key)))
        remaining = matching.match(conn, settings, level, file_name)
        found = conn.execute(statement(conn, settings, "rematching/moved")).fetchone()
        gained, lost, moved, otherwise = (int(n) for n in found or (0, 0, 0, 0))
        merged = writing.gather(conn, settings, level, Duplicates.BEST_PADJ, file_name)
        rows = count(conn, "incoming")
        rate = (rows - remaining.rows) / max(rows, 1)
        if gained or lost or moved or otherwise or merged:
            written = writing.write(conn, settings, level, key, is_new=False)
            _update_report(conn, settings, key, stored.report, remaining, merged, rate, written)
        conn.execute("drop table before")
        drop_temporary(conn)
        return Rematched(patient_id, rows, gained, lost, moved, sum(merged.values()), rate)


def _update_report(
    conn: Connection, settings: Settings, key: int, report: dict[str, Any], remaining: matching.Remaining, merged: dict[str, int],
    rate: float, written: writing.Written,
) -> None:  # fmt: skip
    """Keep the report true: what matched, the range, what changed."""
    summary = writing.summary_of(conn, settings)
    before = from_json(report)
    changed = from_json(
        report,
        stored=summary.rows,
        matched=writing.matched_by_kind(conn),
        unmatched=remaining.by_reason,
        match_rate=rate,
        duplicates={name: before.duplicates.get(name, 0) + merged.get(name, 0) for name in {**before.duplicates, **merged}},
        **{name: getattr(summary, name) for name in ("smallest", "median", "largest", "up", "down")},
        **written._asdict(),
    )
    query = sql.SQL("update {} set stored = %s, match_rate = %s, report = %s where patient_key = %s")
    patients = sql.Identifier(conn.workspace.patients, "stored_patients")
    conn.execute(query.format(patients), (changed.stored, rate, Jsonb(to_json(changed)), key))
