"""Values of a database as the rows of a reading, and what is refused of them.

Contains no knowledge of where the values come from.
"""

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from mediabase_assets.model.patients import READING_SCHEMA, IdKind, NaReason, PatientFileError
from mediabase_assets.model.quantities import counted
from mediabase_assets.postgres.sql_files import Connection

#: Ids and linear fold changes, side by side, in the order of the ids.
Values = tuple[list[str], list[float]]

_VERSION = re.compile(r"(?<=\d)\.\d+(?:_\d{1,4})?(?=$|_PAR_Y)")
_TRANSCRIPT = r"^ENSTR?[0-9]{10,11}(_PAR_Y)?$"
_OTHER_SPECIES = r"^(ENS[A-Z]{3,6}T[0-9]{11}|MGP_.*_T[0-9]{7})$"


def stem(transcript_id: str) -> str:
    """An id without its version; `_PAR_Y` stays.

    >>> stem("ENST00000381657.7_PAR_Y"), stem("ENST00000269305.9"), stem("ENST00000269305")
    ('ENST00000381657_PAR_Y', 'ENST00000269305', 'ENST00000269305')
    """
    return _VERSION.sub("", transcript_id.strip())


def values_of(conn: Connection, query: sql.Composed, where: str) -> Values:
    """The ids and values of a query.

    Raises:
        PatientFileError: A row with a value has no id.
    """
    ids: list[Any] = []
    fold_changes: list[float] = []
    with conn.cursor(binary=True) as cursor:
        cursor.execute(query)
        while batch := cursor.fetchmany(conn.batch_rows or 50_000):
            ids += [transcript_id for transcript_id, _ in batch]
            fold_changes += [value for _, value in batch]
    without = ids.count(None)
    if without:
        raise PatientFileError(
            f"{counted(without, 'row has', 'rows have')} a value and no transcript_id.",
            where=where,
            next_step="Correct it in that database.",
        )
    return ids, fold_changes


def rows_of(values: Values, where: str) -> pa.Table:
    """The rows of a reading (`READING_SCHEMA`); log2 fold change = log2(fold change).

    Raises:
        PatientFileError: A value is negative or infinite, so that it is no linear fold change.
    """
    ids, fold_changes = pa.array(values[0], pa.string()), np.array(values[1], dtype=np.float64)
    _refuse(values[0], fold_changes, where)
    usable = fold_changes > 0
    missing = pa.array(~usable)
    lookup = pa.array([stem(transcript_id) for transcript_id in values[0]], pa.string())
    reasons = np.where(np.isnan(fold_changes), NaReason.NO_EFFECT.value, NaReason.INFINITE.value)
    nothing = pa.nulls(len(ids), pa.float64())
    columns = {
        "row_number": pa.array(np.arange(1, len(ids) + 1), pa.int32()),
        "raw_id": ids,
        "id_kind": _kinds(lookup),
        "lookup_id": lookup,
        "fold_change": pc.if_else(missing, None, pa.array(fold_changes)),
        "log2_fold_change": pc.if_else(missing, None, pa.array(np.log2(np.where(usable, fold_changes, 1.0)))),
        "na_reason": pc.if_else(missing, pa.array(reasons.tolist(), pa.string()), None),
    }
    return pa.table([columns.get(name, nothing) for name in READING_SCHEMA.names], schema=READING_SCHEMA)


def _refuse(ids: list[str], fold_changes: np.ndarray[Any, np.dtype[np.float64]], where: str) -> None:
    for wrong, phrase, cause in (
        (fold_changes < 0, "below 0", "The old importer stored log2 values as they were where the header was log2FoldChange or logFC."),
        (np.isinf(fold_changes), "infinite", "A control without any count gives such a value, which says nothing about its size."),
    ):
        count = int(np.count_nonzero(wrong))
        if count:
            examples = ", ".join(ids[i] for i in np.flatnonzero(wrong)[:3])
            raise PatientFileError(
                f"{counted(count, 'value is', 'values are')} {phrase}, so these are no linear fold changes ({examples}). {cause}",
                where=where,
                next_step="Import the patient's own file with `mediabase patients import`.",
            )


def _kinds(lookup: pa.Array) -> pa.Array:
    kinds = [IdKind.ENSEMBL_TRANSCRIPT.value, IdKind.OTHER_SPECIES.value, IdKind.UNKNOWN.value]
    is_transcript, is_other = pc.match_substring_regex(lookup, _TRANSCRIPT), pc.match_substring_regex(lookup, _OTHER_SPECIES)
    return pc.if_else(is_transcript, kinds[0], pc.if_else(is_other, kinds[1], kinds[2]))
