"""Which column holds the effect, and in what: log2, natural log, linear, signed linear. Also which of several contrasts side by side.

Contains the choice by header and by what a person said; the size of values never decides. Two columns that could both be meant, or
a header that states no scale, are an error that shows them and the option to give.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from mediabase_assets.model.patients import PatientFileError, ReadOptions, Role, Scale
from mediabase_assets.model.quantities import counted
from mediabase_assets.patients.reading.grid import Grid, plain
from mediabase_assets.patients.reading.numbers import Floats, to_numbers
from mediabase_assets.patients.reading.words import Heading, Meaning, meaning

SCALES: Mapping[Role, Scale] = {
    Role.LOG2_FOLD_CHANGE: Scale.LOG2,
    Role.LN_FOLD_CHANGE: Scale.LN,
    Role.FOLD_CHANGE: Scale.LINEAR,
    Role.SIGNED_FOLD_CHANGE: Scale.SIGNED_LINEAR,
}
ROLES: Mapping[Scale, Role] = {scale: role for role, scale in SCALES.items()}
_MEANINGS: Mapping[Meaning, Scale] = {
    Meaning.LOG2: Scale.LOG2,
    Meaning.LN: Scale.LN,
    Meaning.LINEAR: Scale.LINEAR,
    Meaning.SIGNED: Scale.SIGNED_LINEAR,
}
#: What stands where other tables have a fold change, by plain header.
_NO_EFFECTS: Mapping[str, str] = {
    "sqrtjs": "a distance between distributions (Cuffdiff), no fold change",
    "dpsi": "a difference of inclusion, no fold change",
    "deltapsi": "a difference of inclusion, no fold change",
    "dif": "a difference of isoform usage, no fold change",
    "hr": "a hazard ratio, no fold change",
    "hazardratio": "a hazard ratio, no fold change",
    "nes": "a score of enrichment, no fold change",
    "enrichmentscore": "a score of enrichment, no fold change",
}
_COMPOSITE = r"^\s*[+-]?[\d.]+(e[+-]?\d+)?\s*[(;/]\s*[\d.]+(e[+-]?\d+)?\s*\)?$"


@dataclass(frozen=True)
class Effect:
    """The column of the effect.

    Attributes:
        index: Of the column.
        scale: Of its values.
        contrast: What the header says beside; empty if nothing.
        labels: The contrasts of the file, as their headers say them.
        notes: What was assumed.
    """

    index: int
    scale: Scale
    contrast: str = ""
    labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Candidate:
    index: int
    heading: Heading

    @property
    def scale(self) -> Scale:
        return _MEANINGS[self.heading.what]

    @property
    def is_log(self) -> bool:
        return self.scale in (Scale.LOG2, Scale.LN)


def has_effect(grid: Grid, options: ReadOptions) -> bool:
    """Whether a table has a column that is known, or was given, as effect."""
    given = [header for role, header in options.columns.items() if role in SCALES]
    if given:
        return any(plain(given[0]) in (plain(header), plain(grid.name(index))) for index, header in enumerate(grid.headers))
    return bool(_candidates(grid)) or any(header == "b" for header in grid.headers)


def choose_effect(grid: Grid, options: ReadOptions, decimal: str) -> Effect:
    """Choose the column of the effect.

    Raises:
        PatientFileError: None is known, several could be meant, or two disagree.
    """
    given = [(role, header) for role, header in options.columns.items() if role in SCALES]
    if len(given) > 1:
        raise PatientFileError("Two columns are given as effect.", where="--column", next_step="Give one of them.")
    if given:
        role, header = given[0]
        if options.scale is not None and options.scale is not SCALES[role]:
            raise PatientFileError(
                f"--column says {SCALES[role].value} and --scale says {options.scale.value}.",
                where="options",
                next_step="Give one of them.",
            )
        index = grid.find(header)
        return Effect(index, SCALES[role], meaning(grid.headers[index]).contrast)
    candidates = _candidates(grid)
    if not candidates:
        return _unclear(grid, options, decimal)
    labels = tuple(dict.fromkeys(candidate.heading.contrast for candidate in candidates))
    chosen = _contrast(grid, candidates, labels, options)
    effect = _one(grid, chosen, decimal)
    effect = _natural(grid, effect)
    return Effect(effect.index, options.scale or effect.scale, effect.contrast, labels, () if options.scale else effect.notes)


def _candidates(grid: Grid) -> list[_Candidate]:
    """Columns of numbers whose header states an effect; absolute values and intercepts are none."""
    found = [_Candidate(index, meaning(header)) for index, header in enumerate(grid.headers)]
    found = [each for each in found if each.heading.what in _MEANINGS and each.heading.qualifier not in ("abs", "absolute")]
    found = [each for each in found if "intercept" not in each.heading.contrast.casefold()]
    found = [each for each in found if _holds_numbers(grid, each.index)]
    return [each for each in found if not each.heading.qualifier] or found


def _holds_numbers(grid: Grid, index: int) -> bool:
    """Whether at least half of the first cells are numbers, with either decimal sign; also true of an empty column."""
    sample = grid.columns[index].slice(0, 2000)
    there = len(sample) - sample.null_count
    return not there or any(len(to_numbers(sample, decimal).unreadable) * 2 < there for decimal in ".,")


def _contrast(grid: Grid, candidates: list[_Candidate], labels: tuple[str, ...], options: ReadOptions) -> list[_Candidate]:
    """The candidates of one contrast."""
    if options.contrast is not None:
        wanted = plain(options.contrast)
        for fits in (
            [each for each in candidates if plain(each.heading.contrast) == wanted],
            [each for each in candidates if wanted in (plain(grid.headers[each.index]), plain(grid.name(each.index)))],
        ):
            if fits:
                return fits
    if len({plain(label) for label in labels}) == 1:
        return candidates
    names = [label or grid.name(next(each.index for each in candidates if each.heading.contrast == label)) for label in labels]
    if options.contrast is not None:
        raise PatientFileError(f"The file has no contrast {options.contrast!r}.", where="--contrast", next_step=f"It has: {_few(names)}.")
    raise PatientFileError(
        f"The file holds {counted(len(names), 'contrast')} side by side: {_few(names)}.",
        where=f"columns {grid.listing([each.index for each in candidates], 12)}",
        next_step=f'Say which one: --contrast "{names[0]}" (or the column: {_option(grid, candidates[0])}).',
    )


def _one(grid: Grid, candidates: list[_Candidate], decimal: str) -> Effect:
    """One column of those of a contrast: a log before a linear one, if both say the same."""
    logs = [each for each in candidates if each.is_log]
    first = (logs or candidates)[0]
    contrast = first.heading.contrast
    if len(candidates) == 1:
        return Effect(first.index, first.scale, contrast, notes=_assumptions(grid, first))
    values = {each.index: _log2(to_numbers(grid.columns[each.index], decimal).values, each.scale) for each in candidates}
    differ = [each for each in candidates if each is not first and not _agree(values[first.index], values[each.index])]
    if differ:
        both = [first, *differ]
        raise PatientFileError(
            f"{counted(len(both), 'column')} state an effect and do not agree: {grid.listing([each.index for each in both])}.",
            where="header",
            next_step=f"Say which one: {' or '.join(_option(grid, each) for each in both[:3])}.",
        )
    others = grid.listing([each.index for each in candidates if each is not first])
    return Effect(first.index, first.scale, contrast, notes=(*_assumptions(grid, first), f"{others}: the same effect, not used."))


def _agree(one: Floats, other: Floats) -> bool:
    both = np.isfinite(one) & np.isfinite(other)
    if not both.any():
        return False
    close = np.abs(one[both] - other[both]) <= 0.02 + 0.02 * np.abs(one[both])
    return bool(close.mean() >= 0.95)


def _log2(values: Floats, scale: Scale) -> Floats:
    with np.errstate(all="ignore"):
        if scale is Scale.LINEAR:
            return np.log2(values)
        if scale is Scale.SIGNED_LINEAR:
            return np.where(values < 0, -np.log2(-values), np.log2(values))
        return values / np.log(2) if scale is Scale.LN else values


def _assumptions(grid: Grid, candidate: _Candidate) -> tuple[str, ...]:
    name = grid.name(candidate.index)
    if candidate.scale is Scale.LN:
        return (f"{name} is a natural logarithm (Seurat up to 3); if it is log2, give {option_for(Scale.LOG2, name)}.",)
    if candidate.scale is Scale.LINEAR and plain(name) in ("cancerfold", "expressionfoldchange", "linearfc", "linearfoldchange"):
        return ()
    if candidate.scale is Scale.LINEAR:
        return (f"{name} is read as linear fold change; if it is log2, give {option_for(Scale.LOG2, name)}.",)
    known = {plain(header) for header in grid.headers}
    stated = "2" in plain(name) or bool(known & {"logcpm", "aveexpr", "adjpval", "scores", "pvalsadj"})
    if candidate.scale is Scale.LOG2 and not stated:
        return (f"{name} does not state its base; log2 is assumed. If it is a natural logarithm, give {option_for(Scale.LN, name)}.",)
    return ()


def _natural(grid: Grid, effect: Effect) -> Effect:
    """NEBULA and presto write natural logs under logFC; NEBULA beside logFC_(Intercept), presto beside auc and pct_in."""
    headers = {plain(header) for header in grid.headers}
    tool = "NEBULA" if "logfcintercept" in headers else "presto" if {"auc", "pctin", "avgexpr"} <= headers else ""
    if not tool or effect.scale is not Scale.LOG2:
        return effect
    name = grid.name(effect.index)
    note = f"{name} is a natural logarithm, as {tool} writes it; if it is log2, give {option_for(Scale.LOG2, name)}."
    return Effect(effect.index, Scale.LN, effect.contrast, effect.labels, (note,))


def _unclear(grid: Grid, options: ReadOptions, decimal: str) -> Effect:
    """A table without a known effect: sleuth's `b`, a header without a scale that an option gives, or an error that lists the columns."""
    headers = {header.casefold() for header in grid.headers}
    if "b" in grid.headers and {"se_b", "target_id"} <= headers:
        index = grid.headers.index("b")
        note = f"b of sleuth is a natural logarithm; if sleuth was run with log2, give {option_for(Scale.LOG2, 'b')}."
        return Effect(index, Scale.LN, notes=(note,))
    unclear = [
        index for index, header in enumerate(grid.headers) if meaning(header).what is Meaning.UNCLEAR and _holds_numbers(grid, index)
    ]
    if options.scale is not None and len(unclear) == 1:
        return Effect(unclear[0], options.scale)
    if {"test_stat", "rss"} <= headers:
        raise PatientFileError(
            "This is a likelihood-ratio table of sleuth: it has p values and no effect, so neither direction nor size.",
            where="header",
            next_step="Run the Wald test (sleuth_wt) and give its table, which has the column b.",
        )
    if unclear:
        names = [grid.name(index) for index in unclear]
        raise PatientFileError(
            f"The header does not say in what the effect is given: {', '.join(names)}.",
            where=f"columns {grid.listing()}",
            next_step=f"Say it: {option_for(Scale.LOG2, names[0])}, or ln_fold_change, fold_change, signed_fold_change in place of it.",
        )
    raise PatientFileError(
        f"No column is known as effect (log2 fold change, fold change).{_hint(grid)}",
        where=f"columns {grid.listing()}",
        next_step=f"If one of them is, name it: {option_for(Scale.LOG2, 'HEADER')},"
        " or fold_change, ln_fold_change, signed_fold_change in place of it. A table of p values alone cannot be used.",
    )


def _hint(grid: Grid) -> str:
    """What a table without an effect has in its place."""
    for index, header in enumerate(grid.headers):
        if plain(header) in _NO_EFFECTS:
            return f" {grid.name(index)} is {_NO_EFFECTS[plain(header)]}."
    for index, column in enumerate(grid.columns):
        sample = column.slice(0, 2000).drop_null()
        if len(sample) and pc.sum(pc.match_substring_regex(sample, _COMPOSITE)).as_py() * 2 > len(sample):
            return f" Cells of {grid.name(index)[:60]!r} hold two numbers each, as 0.75 (3.8e-02); give each a column of its own."
    return ""


def _option(grid: Grid, candidate: _Candidate) -> str:
    return option_for(candidate.scale, grid.name(candidate.index))


def option_for(scale: Scale, name: str) -> str:
    """The option that names a column as effect on a scale.

    >>> option_for(Scale.LOG2, "log FC")
    '--column "log2_fold_change=log FC"'
    """
    text = f"{ROLES[scale].value}={name}"
    return f'--column "{text}"' if any(sign in text for sign in " ()'&;|") else f"--column {text}"


def _few(names: list[str]) -> str:
    return ", ".join(names[:40]) + (f" and {len(names) - 40} more" if len(names) > 40 else "")
