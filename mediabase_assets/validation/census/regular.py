"""Values judged in Arrow batches where they are as regular as nearly all are; the others are walked.

A batch of lines, each a JSON object of legacy columns, is read into columns, each is compared with the form of its place in the
grammar, and a line in which anything is of another kind or form, or has another key, is given to the walker, which judges it by the same
grammar. Objects whose keys are data (GO ids, drugs) would be a column for each key: they are walked. Contains no rule of its own.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from mediabase_assets.model.grammar.base import NUMBER, Leaf
from mediabase_assets.validation.census.walker import Spot

#: Bytes of JSON that are read at once.
BATCH = 4 << 20
#: Texts that may hold nothing but white space are walked.
_NOT_BLANK = r"[!-~]"


@dataclass
class _Column:
    """The scalars of one place in a batch.

    Attributes:
        values: The scalars.
        spot: Their place in the grammar; None where no place knows them.
        lines: The line of each scalar; None where there is one in each line.
    """

    values: pa.Array
    spot: Spot | None
    lines: pa.Array | None


def batches(chunks: Iterable[bytes | bytearray | memoryview]) -> Iterator[bytes]:
    """Whole lines, about `BATCH` bytes at a time."""
    waiting: list[bytes] = []
    size = 0
    for chunk in chunks:
        waiting.append(bytes(chunk))
        size += len(waiting[-1])
        if size >= BATCH:
            whole, _, rest = b"".join(waiting).rpartition(b"\n")
            if whole:
                yield whole + b"\n"
                waiting, size = [rest], len(rest)
    if size:
        yield b"".join(waiting)


def irregular_lines(batch: bytes, spots: dict[str, Spot]) -> list[bytes]:
    """The lines that have to be walked; the scalars of the others are counted at their places.

    Args:
        batch: Lines, each a JSON object with a member for each column of the legacy table, and what names the line.
        spots: Places of the columns.
    """
    lines = batch.splitlines()
    try:
        table = pa.json.read_json(
            io.BytesIO(batch),
            read_options=pa.json.ReadOptions(use_threads=False, block_size=len(batch) + 1),
            parse_options=pa.json.ParseOptions(explicit_schema=_texts(spots), unexpected_field_behavior="infer"),
        )
        columns = [
            column
            for name in table.column_names
            if name in spots
            for column in _columns(table.column(name).combine_chunks(), spots[name], None)
        ]
    except (pa.ArrowInvalid, pa.ArrowIndexError):  # kinds that differ from line to line; lists of nothing but nulls (pyarrow 26)
        return lines
    irregular = {line for column in columns for line in _not_fitting(column)}
    for column in columns:
        if column.spot is not None:
            column.spot.scalars += _count(column, irregular)
    return [lines[line] for line in sorted(irregular)]


def _texts(spots: dict[str, Spot]) -> pa.Schema:
    """The columns that are text where they are regular, so that Arrow does not read a text as a date."""
    kinds = {name: _kind(spot) for name, spot in spots.items()}
    return pa.schema([pa.field(name, kind) for name, kind in kinds.items() if kind is not None])


def _kind(spot: Spot) -> pa.DataType | None:
    """The Arrow type of a place of texts; None for a place whose type Arrow infers."""
    if spot.members is not None and not spot.keys and not spot.others:
        inner = _kind(spot.members)
        return pa.list_(inner) if inner is not None else None
    if spot.keys:
        kinds = {key: _kind(child) for key, child in spot.keys.items()}
        return pa.struct([pa.field(key, kind) for key, kind in kinds.items() if kind is not None])
    is_text = spot.leaf is not None and not (spot.leaf.number or spot.others or spot.rest) and spot.leaf.reason != "bad_coordinates"
    return pa.string() if is_text else None


def _columns(values: pa.Array, spot: Spot | None, lines: pa.Array | None) -> Iterator[_Column]:
    """An array, or those of the keys of its objects and of the members of its lists."""
    if pa.types.is_struct(values.type):
        for index in range(values.type.num_fields):
            child = spot.below(values.type.field(index).name) if spot is not None else None
            yield from _columns(pc.struct_field(values, [index]), child, lines)
    elif pa.types.is_list(values.type):
        parents = pc.list_parent_indices(values)
        yield from _columns(pc.list_flatten(values), spot.members if spot else None, parents if lines is None else lines.take(parents))
    else:
        yield _Column(values, spot if spot is not None and spot.leaf is not None else None, lines)


def _not_fitting(column: _Column) -> list[int]:
    """Lines in which a column holds something else than NULL or scalars of its form."""
    fits = _fits(column)
    if pc.all(fits).as_py() in (True, None):
        return []
    apart = pc.indices_nonzero(pc.invert(fits))
    lines = apart if column.lines is None else column.lines.take(apart)
    return [int(line) for line in pc.unique(lines).to_pylist()]


def _count(column: _Column, irregular: set[int]) -> int:
    valid: int = len(column.values) - column.values.null_count
    if not irregular:
        return valid
    lines = pa.array(range(len(column.values))) if column.lines is None else column.lines
    apart = pc.is_in(lines, pa.array(sorted(irregular), lines.type))
    return valid - int(pc.sum(pc.and_(apart, column.values.is_valid())).as_py() or 0)


def _fits(column: _Column) -> pa.Array:
    """For each row whether the column is regular: NULL, or a scalar of its form."""
    values, leaf = column.values, column.spot.leaf if column.spot else None
    if pa.types.is_null(values.type):
        return values.is_null()
    if leaf is None or not _is_judged(values.type, leaf):
        return values.is_null()
    return pc.fill_null(_judge(values, leaf), True)


def _is_judged(kind: pa.DataType, leaf: Leaf) -> bool:
    return pa.types.is_string(kind) or pa.types.is_integer(kind) or (leaf.number and pa.types.is_floating(kind))


def _judge(values: pa.Array, leaf: Leaf) -> pa.Array:
    if leaf.number and not pa.types.is_string(values.type):
        low = pc.greater_equal(values, leaf.low) if leaf.low is not None else pc.is_valid(values)
        return pc.and_(low, pc.less_equal(values, leaf.high)) if leaf.high is not None else low
    texts = values if pa.types.is_string(values.type) else values.cast(pa.string())
    if leaf.number:
        return pc.and_(pc.match_substring_regex(texts, f"^(?:{NUMBER.pattern})$"), pa.scalar(leaf.low is None and leaf.high is None))
    fits = pc.match_substring_regex(texts, f"^(?:{leaf.pattern})$" if leaf.pattern else _NOT_BLANK)
    return pc.and_(fits, pc.less_equal(pc.binary_length(texts), leaf.longest)) if leaf.longest else fits
