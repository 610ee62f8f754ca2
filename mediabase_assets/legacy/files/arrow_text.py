"""Arrow columns as PostgreSQL reads them: their SQL type, their values as text, and the lines of COPY.

Contains vectorized conversions only, no file and no database. Values are never parsed: whether JSON text is
JSON is decided by PostgreSQL.
"""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mediabase_assets.model.legacy import legacy_column

#: Types whose values are large and repeat on every transcript of a gene; they are sent once per batch.
LARGE_TYPES = ("jsonb", "text[]")


def sql_type_of(name: str, kind: pa.DataType) -> str:
    """The SQL type that a column is loaded as: the known one, or for unknown columns one that holds the Arrow type.

    >>> sql_type_of("drugs", pa.string()), sql_type_of("my_score", pa.float32())
    ('jsonb', 'double precision')
    """
    known = legacy_column(name)
    if known is not None:
        return known.sql_type
    kind = _storage(kind)
    if _is_nested_record(kind):
        return "jsonb"
    if _is_list(kind):
        return "text[]"
    if pa.types.is_floating(kind):
        return "double precision"
    if pa.types.is_integer(kind):
        return "numeric" if pa.types.is_uint64(kind) else "bigint"
    return "text"


def as_text(values: pa.Array, sql_type: str) -> pa.Array:
    """The values as PostgreSQL's input functions take them, not yet escaped for COPY; NULL stays NULL.

    Raises:
        pa.ArrowInvalid: A value cannot be written as text.
    """
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), pa.string())
    if _is_text(values.type):
        return _plain_text(values)
    if sql_type == "text[]" and _is_list(values.type) and not _is_nested_record(values.type):
        return _array_literals(values)
    if sql_type == "jsonb" or pa.types.is_nested(values.type):
        kind = values.type
        texts = [None if v is None else json.dumps(_jsonable(v, kind), ensure_ascii=False) for v in values.to_pylist()]
        return pa.array(texts, pa.string())
    return values.cast(pa.string())


def escape(values: pa.Array) -> pa.Array:
    r"""Escape text for COPY's text format; NULL stays NULL.

    >>> escape(pa.array(["a\tb"]))[0].as_py()
    'a\\tb'
    """
    for raw, escaped in (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        values = pc.replace_substring(values, raw, escaped)
    return values


def copy_lines(columns: Sequence[pa.Array]) -> memoryview:
    """Lines of COPY's text format from escaped columns, without copying them through Python."""
    filled = [pc.fill_null(column, "\\N") for column in columns]
    filled[-1] = pc.binary_join_element_wise(filled[-1], pa.scalar("\n"), "")
    lines = pc.binary_join_element_wise(*filled, "\t") if len(filled) > 1 else filled[0]
    buffers = lines.buffers()
    return memoryview(buffers[2]) if len(lines) else memoryview(b"")


def distinct(values: pa.Array, sql_type: str) -> tuple[pa.Array, pa.Array]:
    """Split a column into row indices and the distinct values in use, as text.

    >>> [part.to_pylist() for part in distinct(pa.array(["{}", None, "{}"]), "jsonb")]
    [[0, None, 0], ['{}']]
    """
    if not pa.types.is_dictionary(values.type):
        encoded = as_text(values, sql_type).dictionary_encode()
        return encoded.indices, encoded.dictionary
    used = pc.drop_null(pc.unique(values.indices))
    return pc.index_in(values.indices, used), as_text(values.dictionary.take(used), sql_type)


def _plain_text(values: pa.Array) -> pa.Array:
    """As `string`, without a check of its UTF-8: PostgreSQL checks it, and names the row."""
    if pa.types.is_string(values.type):
        return values
    if pa.types.is_binary(values.type):
        return values.view(pa.string())
    if pa.types.is_large_string(values.type) or pa.types.is_large_binary(values.type):
        return values.view(pa.large_binary()).cast(pa.binary()).view(pa.string())
    return values.cast(pa.string())


def _array_literals(values: pa.Array) -> pa.Array:
    lists = values.cast(pa.list_(pa.field("element", _storage_value(values.type)))) if not _plain_list(values) else values
    members = as_text(lists.flatten(), "text")
    members = pc.replace_substring(pc.replace_substring(members, "\\", "\\\\"), '"', '\\"')
    members = pc.fill_null(pc.binary_join_element_wise(pa.scalar('"'), members, pa.scalar('"'), ""), "NULL")
    lengths = pc.fill_null(pc.list_value_length(lists), 0).cast(pa.int32())
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths)])
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, members), ",")
    literals = pc.binary_join_element_wise(pa.scalar("{"), joined, pa.scalar("}"), "")
    return pc.if_else(pc.is_valid(lists), literals, pa.scalar(None, pa.string()))


def _jsonable(value: Any, kind: pa.DataType) -> Any:
    """A Python value of an Arrow type as JSON knows it: maps as objects, dates and decimals as text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if pa.types.is_map(kind):
        return {str(key): _jsonable(item, kind.item_type) for key, item in value}
    if pa.types.is_struct(kind):
        return {field.name: _jsonable(value.get(field.name), field.type) for field in kind}
    if _is_list(kind):
        return [_jsonable(item, kind.value_type) for item in value]
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


def _storage(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _storage_value(kind: pa.DataType) -> pa.DataType:
    value = _storage(kind.value_type)
    return pa.string() if _is_text(value) else value


def _plain_list(values: pa.Array) -> bool:
    return bool(pa.types.is_list(values.type) and not pa.types.is_dictionary(values.type.value_type))


def _is_list(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_fixed_size_list(kind)
        or types.is_list_view(kind)
        or types.is_large_list_view(kind)
    )


def _is_nested_record(kind: pa.DataType) -> bool:
    """Whether it is or holds records, which only JSON can hold."""
    if _is_list(kind):
        return _is_nested_record(kind.value_type) or _is_list(kind.value_type)
    return bool(pa.types.is_struct(kind) or pa.types.is_map(kind))


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_string_view(kind)
        or types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_binary_view(kind)
    )
