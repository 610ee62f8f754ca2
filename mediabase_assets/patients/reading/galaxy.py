"""Tables without a header: the seven columns of Galaxy's DESeq2, known by their numbers.

Contains the proof, stat = log2 fold change / standard error in every row, without which a table without header is refused.
"""

from dataclasses import replace

import numpy as np

from mediabase_assets.model.patients import PatientFileError, ReadOptions, Role
from mediabase_assets.model.quantities import counted
from mediabase_assets.patients.reading.grid import Grid
from mediabase_assets.patients.reading.numbers import find_decimal, to_numbers

_HEADERS = ("GeneID", "baseMean", "log2FoldChange", "lfcSE", "stat", "pvalue", "padj")
_NOTE = "The file has no header; its first seven columns are those of Galaxy's DESeq2 (stat = log2FoldChange / lfcSE in every row)."


def with_header(grid: Grid, options: ReadOptions) -> Grid:
    """The table with headers, if it is one of Galaxy's DESeq2, or as it is if a person named the columns by number.

    Raises:
        PatientFileError: Neither.
    """
    if grid.has_header:
        return grid
    if _is_deseq2(grid, options):
        return replace(grid, headers=(*_HEADERS, *grid.headers[len(_HEADERS) :]), notes=(*grid.notes, _NOTE))
    if options.columns:
        return grid
    raise PatientFileError(
        f"The file has no header, and its {counted(len(grid.headers), 'column is', 'columns are')} not as in Galaxy's DESeq2.",
        where="first row",
        next_step='Name the columns by number: --column "id=column 1" --column "log2_fold_change=column 3".',
    )


def _is_deseq2(grid: Grid, options: ReadOptions) -> bool:
    if len(grid.headers) < len(_HEADERS) or Role.ID in options.columns:
        return False
    columns = [column.slice(0, 5000) for column in grid.columns[1 : len(_HEADERS)]]
    decimal = options.decimal or find_decimal(columns)
    numbers = [to_numbers(column, decimal) for column in columns]
    if any(len(each.unreadable) for each in numbers):
        return False
    mean, effect, error, stat, p, adjusted = (each.values for each in numbers)
    whole = np.isfinite(effect) & np.isfinite(error) & np.isfinite(stat) & (error > 0)
    if not whole.any():
        return False
    close = np.abs(effect[whole] / error[whole] - stat[whole]) <= 1e-3 * np.maximum(np.abs(stat[whole]), 1)
    shares = [values[~np.isnan(values)] for values in (p, adjusted)]
    return bool(close.mean() > 0.99 and (mean[~np.isnan(mean)] >= 0).all() and all(((each >= 0) & (each <= 1)).all() for each in shares))
