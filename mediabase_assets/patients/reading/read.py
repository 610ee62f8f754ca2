"""From a file to rows: what `read_table` does, step by step.

Contains the order of the steps; each is in a module of its own. Nothing here knows the database, and nothing is guessed: where a file
leaves something open, an error shows what it has and the option to give.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mediabase_assets.model.patients import IdKind, Level, PatientFileError, Reading, ReadOptions, Role
from mediabase_assets.model.quantities import counted
from mediabase_assets.patients.reading.companions import choose_companions, roles_by_header
from mediabase_assets.patients.reading.contents import Contents, read_contents
from mediabase_assets.patients.reading.effects import Effect, choose_effect, has_effect
from mediabase_assets.patients.reading.galaxy import with_header
from mediabase_assets.patients.reading.grid import MAXIMUM_BYTES, MAXIMUM_COLUMNS, Grid, plain
from mediabase_assets.patients.reading.groups import choose_group
from mediabase_assets.patients.reading.id_columns import IdChoice, choose_ids
from mediabase_assets.patients.reading.ids import Ids, classify, cleaned
from mediabase_assets.patients.reading.numbers import find_decimal
from mediabase_assets.patients.reading.parquet import read_parquet
from mediabase_assets.patients.reading.refusals import check_ids, check_private_transcripts
from mediabase_assets.patients.reading.rows import content_hash, to_rows
from mediabase_assets.patients.reading.text import read_text
from mediabase_assets.patients.reading.tools import tool_of
from mediabase_assets.patients.reading.values import read_values
from mediabase_assets.patients.reading.words import Meaning, meaning
from mediabase_assets.patients.reading.workbook import read_workbook

_DEFAULTS = ReadOptions()


def read_table(path: Path, options: ReadOptions = _DEFAULTS, *, maximum_bytes: int = MAXIMUM_BYTES) -> Reading:
    """Read a table of differential expression.

    Args:
        path: CSV, TSV and the like, plain or gzipped, xlsx, Parquet.
        options: What a person says of it.
        maximum_bytes: Of the file, and of what it unpacks to.

    Raises:
        PatientFileError: It is not readable without guessing, or not of human genes or transcripts.
    """
    try:
        contents = read_contents(path, maximum_bytes)
        grid = with_header(_choose_grid(_grids(contents, options, maximum_bytes), options), options)
        if len(grid.headers) > MAXIMUM_COLUMNS:
            raise PatientFileError(
                f"The table has {counted(len(grid.headers), 'column')}; {MAXIMUM_COLUMNS:,} are allowed.",
                where="header",
                next_step="Leave the counts out.",
            )
        return _read_grid(path.name, contents, grid, options)
    except PatientFileError as error:
        raise _in_file(error, path.name) from None


def _in_file(error: PatientFileError, name: str) -> PatientFileError:
    """The same error, which says in which file it is."""
    if name in error.where:
        return error
    where = name if error.where in ("table", "workbook") else f"{name}, {error.where}"
    return PatientFileError(error.what, where=where, next_step=error.next_step)


def _read_grid(name: str, contents: Contents, grid: Grid, options: ReadOptions) -> Reading:
    decimal = options.decimal or find_decimal([column for index, column in enumerate(grid.columns) if _is_value(grid, index, options)])
    choice, raw, ids = _ids(grid, options)
    effect = choose_effect(grid, options, decimal)
    companions = choose_companions(grid, effect, options)
    numbers = np.arange(1, grid.height + 1, dtype=np.int32)
    mask, group = _group(grid, ids, effect, [*companions.columns.values(), *choice.columns], options)
    if mask is not None:
        chosen = pa.array(mask)
        grid = replace(grid, columns=tuple(column.filter(chosen) for column in grid.columns))
        raw, ids, numbers = raw.filter(chosen), Ids(ids.kinds.filter(chosen), ids.lookups.filter(chosen)), numbers[mask]
    tool = tool_of(grid.headers, effect.contrast)
    values = read_values(grid, effect, companions, decimal, tool)
    columns = roles_by_header(grid, effect, companions, list(choice.columns))
    rows = to_rows(numbers, raw, ids, values)
    notes = (*grid.notes, *choice.notes, *effect.notes, *companions.notes, *values.notes, *_id_notes(ids))
    return Reading(
        file_name=name,
        sha256=contents.sha256,
        content_hash=content_hash(rows, columns),
        tool=tool,
        level=_level(ids),
        scale=effect.scale,
        columns=columns,
        contrast=" / ".join(part for part in (effect.contrast, group if mask is not None or not effect.contrast else "") if part) or None,
        form=_form(contents, grid, decimal),
        rows=rows,
        rows_read=grid.height,
        notes=tuple(dict.fromkeys(notes)),
    )


def _group(grid: Grid, ids: Ids, effect: Effect, used: list[int], options: ReadOptions) -> tuple[npt.NDArray[np.bool_] | None, str | None]:
    """The rows of the comparison that was asked for; a contrast side by side is no group."""
    is_side_by_side = len(effect.labels) > 1 or plain(options.contrast or "") == plain(effect.contrast)
    rest = replace(options, contrast=None) if is_side_by_side else options
    mask, group = choose_group(grid, ids.lookups, [effect.index, *used], rest)
    if rest.contrast is not None and mask is None and plain(rest.contrast) != plain(group or ""):
        name = group or effect.contrast
        raise PatientFileError(
            f"The file has no contrast {rest.contrast!r}; it holds one only{f', {name}' if name else ''}.",
            where="--contrast",
            next_step="Leave the option out.",
        )
    return mask, group


def _grids(contents: Contents, options: ReadOptions, maximum_bytes: int) -> dict[str, Grid]:
    if contents.kind == "xlsx":
        return read_workbook(contents.data, maximum_bytes)
    if options.sheet is not None:
        raise PatientFileError("The file is no workbook and has no sheets.", where="--workbook-sheet", next_step="Leave the option out.")
    if contents.kind == "parquet":
        return {"": read_parquet(contents.data, maximum_bytes)}
    return {"": read_text(contents.data, options.delimiter)}


def _choose_grid(grids: Mapping[str, Grid], options: ReadOptions) -> Grid:
    """The sheet that was asked for, or the only one with an effect."""
    if options.sheet is not None:
        if options.sheet in grids:
            return grids[options.sheet]
        raise PatientFileError(
            f"The workbook has no sheet {options.sheet!r} with a table.",
            where="--workbook-sheet",
            next_step=f"It has: {_names(list(grids))}.",
        )
    if len(grids) == 1:
        return next(iter(grids.values()))
    results = {name: grid for name, grid in grids.items() if has_effect(grid, options)}
    if len(results) == 1:
        name, grid = next(iter(results.items()))
        return replace(grid, notes=(*grid.notes, f"Of {counted(len(grids), 'sheet')} only {name!r} holds a result."))
    listed = results or grids
    first = next(iter(listed))
    what = "each hold a result" if results else "hold tables, and none a column that is known as effect"
    raise PatientFileError(
        f"{counted(len(listed), 'sheet')} {what}: {_names(list(listed))}.",
        where=f"sheet {first!r} has columns {listed[first].listing()}",
        next_step=f'Say which one: --workbook-sheet "{first}"' + ("." if results else ", and which column: --column fold_change=HEADER."),
    )


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:40]) + (f" and {len(names) - 40} more" if len(names) > 40 else "")


def _is_value(grid: Grid, index: int, options: ReadOptions) -> bool:
    """Whether a column is one of numbers by its header or by an option."""
    if meaning(grid.headers[index]).what is not Meaning.OTHER:
        return True
    given = [header for role, header in options.columns.items() if role is not Role.ID]
    return any(header in (grid.headers[index], grid.name(index)) for header in given)


def _ids(grid: Grid, options: ReadOptions) -> tuple[IdChoice, pa.Array, Ids]:
    """The ids of the rows, from one column or, where it has none, from the next."""
    used = [index for index in range(len(grid.headers)) if _is_value(grid, index, options)]
    given = [grid.find(header) for role, header in options.columns.items() if role is not Role.ID]
    if not any(meaning(grid.headers[index]).what is not Meaning.OTHER for index in used) and not given:
        choose_effect(grid, options, ".")
    choice = choose_ids(grid, options, used)
    raw = cleaned(grid.columns[choice.columns[0]])
    ids = classify(raw, options.id_kind)
    check_ids(raw, ids, grid.name(choice.columns[0]), options)
    if Role.ID not in options.columns:
        others = {grid.name(index): grid.columns[index] for index in range(len(grid.headers)) if index not in used}
        check_private_transcripts(others, IdKind.ENSEMBL_TRANSCRIPT if _level(ids) is Level.TRANSCRIPT else IdKind.ENSEMBL_GENE)
    notes, kept = list(choice.notes), [choice.columns[0]]
    for index, kind in zip(choice.columns[1:], choice.kinds, strict=True):
        lacking = pc.or_(pc.is_null(ids.kinds), pc.fill_null(pc.equal(ids.kinds, IdKind.UNKNOWN.value), True))
        if not pc.any(lacking).as_py():
            break
        other = cleaned(grid.columns[index])
        found = classify(other)
        helped = pc.and_(lacking, pc.fill_null(pc.equal(found.kinds, kind.value), False))
        count = pc.sum(helped).as_py() or 0
        if count:
            raw = pc.if_else(helped, other, raw)
            ids = Ids(pc.if_else(helped, found.kinds, ids.kinds), pc.if_else(helped, found.lookups, ids.lookups))
            notes.append(f"{counted(count, 'row')} without an id there {'has' if count == 1 else 'have'} it from {grid.name(index)}.")
            kept.append(index)
    return IdChoice(tuple(kept), notes=tuple(notes)), raw, ids


def _level(ids: Ids) -> Level:
    known = ids.count(*[kind for kind in IdKind if kind not in (IdKind.UNKNOWN, IdKind.OTHER_SPECIES)])
    return Level.TRANSCRIPT if ids.count(IdKind.ENSEMBL_TRANSCRIPT) * 2 > known else Level.GENE


def _id_notes(ids: Ids) -> list[str]:
    notes = []
    dates = ids.count(IdKind.SPREADSHEET_DATE)
    if dates:
        notes.append(
            f"{counted(dates, 'symbol was turned into a date', 'symbols were turned into dates')} by a spreadsheet;"
            " each is resolved only where one gene fits."
        )
    foreign = ids.count(IdKind.OTHER_SPECIES)
    if foreign:
        notes.append(f"{counted(foreign, 'id is', 'ids are')} of another species.")
    missing = ids.kinds.null_count
    if missing:
        notes.append(f"{counted(missing, 'row has', 'rows have')} no id and {'was' if missing == 1 else 'were'} left out.")
    return notes


def _form(contents: Contents, grid: Grid, decimal: str) -> dict[str, str]:
    form = {**grid.form, "decimal": "comma" if decimal == "," else "point"}
    if contents.encoding:
        form["encoding"] = contents.encoding
    if contents.compression:
        form["compression"] = contents.compression
    return form
