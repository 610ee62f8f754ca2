"""The rows of a reading as an Arrow table, and the hash of what they say."""

import hashlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mediabase_assets.model.patients import READING_SCHEMA, Role
from mediabase_assets.patients.reading.ids import Ids
from mediabase_assets.patients.reading.values import Values


def to_rows(numbers: npt.NDArray[np.int32], raw: pa.Array, ids: Ids, values: Values) -> pa.Table:
    """The rows that have an id."""
    floats = {
        "fold_change": values.linear,
        "log2_fold_change": values.log2,
        **{role.value: values.others.get(role) for role in (Role.P_VALUE, Role.ADJUSTED_P_VALUE, Role.BASE_MEAN)},
        **{role.value: values.others.get(role) for role in (Role.AVERAGE_EXPRESSION, Role.STANDARD_ERROR)},
    }
    columns: dict[str, pa.Array] = {"row_number": pa.array(numbers), "raw_id": raw, "id_kind": ids.kinds, "lookup_id": ids.lookups}
    for name, each in floats.items():
        columns[name] = pa.nulls(len(raw), pa.float64()) if each is None else pa.array(each, pa.float64(), mask=np.isnan(each))
    columns["na_reason"] = pa.array(values.reasons, pa.string())
    table = pa.table([columns[field.name] for field in READING_SCHEMA], schema=READING_SCHEMA)
    return table.filter(pc.is_valid(ids.kinds)).combine_chunks() if ids.kinds.null_count else table


def content_hash(rows: pa.Table, columns: Mapping[Role, str]) -> str:
    """A hash of the rows and of the headers by role; equal for equal content, however the file was written."""
    digest = hashlib.sha256(repr(sorted((role.value, header) for role, header in columns.items())).encode())
    for name in rows.column_names:
        column = rows.column(name).combine_chunks()
        digest.update(f"{name}:{len(column)}".encode())
        if pa.types.is_string(column.type):
            filled = pc.fill_null(column, "\0")
            ends = np.frombuffer(filled.buffers()[1], np.int32)[filled.offset : filled.offset + len(filled) + 1]
            digest.update((ends - ends[0]).tobytes())
            digest.update(memoryview(filled.buffers()[2] or b"")[int(ends[0]) : int(ends[-1])])
        else:
            digest.update(np.ascontiguousarray(pc.fill_null(column, 0).to_numpy(zero_copy_only=False)).tobytes())
            digest.update(np.packbits(column.is_valid().to_numpy(zero_copy_only=False)).tobytes())
    return digest.hexdigest()
