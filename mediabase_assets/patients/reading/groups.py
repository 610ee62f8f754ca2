"""Several comparisons below each other in one table: clusters, cell types, contrasts, pairs of samples.

Contains how they are found (the same ids again and again, told apart by a column) and how one is chosen.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mediabase_assets.model.patients import PatientFileError, ReadOptions
from mediabase_assets.model.quantities import counted
from mediabase_assets.patients.reading.grid import Grid, plain, words

#: Headers of columns that say which comparison a row is of.
_COMPARISONS = words("contrast contrasts comparison comparisons celltype celltypes coefficient")
_GROUPS = _COMPARISONS | words(
    "cluster clusters group groups run tissue condition cancer cancertype dataset study cohort timepoint time treatment drug celltypegroup"
    " subset region batch sample samplename identity ident class test testname term patient subtype cell comparisonname"
)
_CLUSTERS = frozenset(["cluster", "clusters", "group", "groups"])
_DIRECTION = words("up down ns no not none stable yes true false upregulated downregulated nosig notsig nochange same unchanged diff")


def choose_group(
    grid: Grid, lookups: pa.Array, used: Sequence[int], options: ReadOptions
) -> tuple[npt.NDArray[np.bool_] | None, str | None]:
    """Which rows belong to the one comparison that is read, and its name; None if the table holds one only.

    Raises:
        PatientFileError: The table holds several and none is given, or the given one is not among them.
    """
    labels = _labels(grid, lookups, used)
    if labels is None:
        return None, None
    values = pc.value_counts(labels)
    names = [str(value["values"]) for value in values.to_pylist() if value["values"] is not None]
    if len(names) < 2:
        return None, names[0] if names else None
    if options.contrast is not None:
        for name in names:
            if options.contrast == name or plain(options.contrast) == plain(name):
                mask = pc.fill_null(pc.equal(labels, name), False).to_numpy(zero_copy_only=False)
                return mask, name
    shown = ", ".join(names[:40]) + (f" and {len(names) - 40} more" if len(names) > 40 else "")
    what = (
        f"has no group {options.contrast!r}"
        if options.contrast is not None
        else f"holds {counted(len(names), 'comparison')} below each other"
    )
    raise PatientFileError(f"The file {what}: {shown}.", where="rows", next_step=f'Say which one: --contrast "{names[0]}".')


def _labels(grid: Grid, lookups: pa.Array, used: Sequence[int]) -> pa.Array | None:
    """The comparison of each row, from one column or several; None if the rows are of one."""
    pair = _samples(grid)
    if pair is not None:
        return pair
    encoded = pc.dictionary_encode(lookups)
    keys = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    is_id = keys >= 0
    total = int(is_id.sum())
    repeated = total - len(encoded.dictionary)
    chosen: list[int] = []
    codes = keys
    for _ in range(3):
        step = _best(grid, codes, is_id, repeated, total, [*used, *chosen])
        if step is None:
            break
        index, codes, repeated = step
        chosen.append(index)
    chosen += [index for index in _compared(grid) if index not in chosen and index not in used]
    if not chosen:
        return None
    columns = [grid.columns[index] for index in sorted(chosen)]
    return columns[0] if len(columns) == 1 else pc.binary_join_element_wise(*columns, " / ")


def _best(
    grid: Grid, codes: npt.NDArray[np.int64], is_id: npt.NDArray[np.bool_], repeated: int, total: int, used: Sequence[int]
) -> tuple[int, npt.NDArray[np.int64], int] | None:
    """The column that tells most of the repeated ids apart, if it tells enough of them."""
    best: tuple[int, npt.NDArray[np.int64], int] | None = None
    if not repeated:
        return None
    for index, header in enumerate(grid.headers):
        is_named = plain(header) in _GROUPS
        if index in used or not (is_named or repeated * 10 >= total) or not _is_grouping(grid.columns[index], is_named):
            continue
        group = pc.dictionary_encode(pc.fill_null(grid.columns[index], "")).indices.to_numpy(zero_copy_only=False).astype(np.int64)
        joined = codes * 1000 + group
        left = _repeated(joined[is_id])
        if repeated - left >= (0.5 if is_named else 0.95) * repeated and (best is None or left < best[2]):
            best = (index, joined, left)
    return best


def _is_grouping(column: pa.Array, is_named: bool) -> bool:
    names = pc.unique(column).drop_null().to_pylist()
    if not 2 <= len(names) <= (500 if is_named else 50) or len(names) * 3 > len(column):
        return False
    return not {plain(name) for name in names} <= _DIRECTION and (is_named or not all(name.replace(".", "").isdigit() for name in names))


def _compared(grid: Grid) -> list[int]:
    """Columns whose header says that the rows are of several comparisons, whether ids repeat or not."""
    headers = [plain(header) for header in grid.headers]
    markers = {"pct1", "avglog2fc", "avglogfc"} & set(headers)
    names = _COMPARISONS | (_CLUSTERS if markers else frozenset())
    return [index for index, header in enumerate(headers) if header in names and _is_grouping(grid.columns[index], True)]


def _samples(grid: Grid) -> pa.Array | None:
    """Cuffdiff's pairs of samples, as `sample_1 vs sample_2`."""
    headers = [header.casefold() for header in grid.headers]
    if "sample_1" not in headers or "sample_2" not in headers:
        return None
    return pc.binary_join_element_wise(grid.columns[headers.index("sample_1")], grid.columns[headers.index("sample_2")], " vs ")


def _repeated(codes: npt.NDArray[np.int64]) -> int:
    return int(len(codes) - len(np.unique(codes)))
