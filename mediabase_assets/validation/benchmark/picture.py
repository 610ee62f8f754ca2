"""The benchmark as a picture: how many times faster each question is answered from the views.

Contains the drawing only: a PNG as bytes, drawn without a display. One bar per pair on a logarithmic scale that begins at 1
(as fast as the legacy table), grouped by kind and longest first, in colours that colour-blind people can distinguish (those of
Okabe and Ito).
"""

import base64
import io
from collections.abc import Sequence
from typing import Any

from mediabase_assets.validation.benchmark.measuring import Result
from mediabase_assets.validation.benchmark.records import faster

_COLOURS = {"stage 12": "#0072B2", "SOTA": "#D55E00", "look-up": "#009E73"}
_NAMES = {"stage 12": "performance tests (stage 12)", "SOTA": "SOTA questions", "look-up": "point look-ups"}
TIMES = "\N{MULTIPLICATION SIGN}"
_INK, _FAINT, _GRID, _BAND = "#222222", "#666666", "#C8C8C8", "#F1F4F7"
_TEXT: dict[str, Any] = {"va": "center", "fontsize": 9.5, "color": _INK}
_HALO = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.75}
#: The columns at the right: where each ends, as a share of the width of the bars.
_COLUMNS = {"legacy": 1.155, "views": 1.29, "rows": 1.41}


def draw(results: Sequence[Result], subtitle: str) -> bytes | None:
    """The picture of all pairs that were timed on both sides; None if there is none.

    Args:
        results: What was measured.
        subtitle: What was measured where, one line.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # loaded where it is needed: it takes a second
    from matplotlib.figure import Figure

    order = list(_COLOURS)
    timed = [(r, t) for r in results if (t := r.times_faster) is not None]
    timed.sort(key=lambda item: (order.index(item[0].pair.kind), -item[1]))
    if not timed:
        return None
    height = 1.9 + 0.3 * len(timed)
    figure = Figure(figsize=(12.5, height), dpi=86, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.335, 0.62 / height, 0.455, 1 - 1.62 / height))
    places = _places(timed)
    _bars(axes, timed, places)
    _frame(axes, timed, places)
    figure.text(0.012, 1 - 0.34 / height, "How many times faster the views answer", fontsize=16, weight="bold", color=_INK)
    figure.text(0.012, 1 - 0.62 / height, subtitle, fontsize=10.5, color=_FAINT)
    _legend(figure, timed, 1 - 0.92 / height)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def as_markdown(png: bytes, text: str) -> str:
    """A PNG inside a Markdown text.

    >>> as_markdown(b"PNG", "speed")
    '![speed](data:image/png;base64,UE5H)'
    """
    return f"![{text}](data:image/png;base64,{base64.b64encode(png).decode()})"


def _places(timed: Sequence[tuple[Result, float]]) -> list[float]:
    """Where each bar is, from the top, with a gap between kinds."""
    places, place, before = [], 0.0, timed[0][0].pair.kind
    for result, _ in timed:
        place += 0.55 if result.pair.kind != before else 0.0
        before = result.pair.kind
        places.append(place)
        place += 1.0
    return places


def _bars(axes: Any, timed: Sequence[tuple[Result, float]], places: Sequence[float]) -> None:
    for (result, times), place in zip(timed, places, strict=True):
        colour = _COLOURS[result.pair.kind]
        axes.barh(place, times - 1, left=1, height=0.68, color=colour, zorder=3)
        label = f"{faster(result)}{TIMES}"
        axes.annotate(
            label, (max(times, 1), place), (5, 0), textcoords="offset points", ha="left", weight="bold", zorder=4, bbox=_HALO, **_TEXT
        )
        axes.text(-0.012, place, result.pair.question, transform=axes.get_yaxis_transform(), ha="right", **_TEXT)
        shown = (_duration(result.legacy.seconds), _duration(result.views.seconds), f"{result.views.rows:,}")
        for x, text in zip(_COLUMNS.values(), shown, strict=True):
            axes.text(x, place, text, transform=axes.get_yaxis_transform(), ha="right", **_TEXT)


def _frame(axes: Any, timed: Sequence[tuple[Result, float]], places: Sequence[float]) -> None:
    slowest, fastest = min(t for _, t in timed), max(t for _, t in timed)
    left, right = min(0.8, slowest * 0.8), max(2000.0, fastest * 3)
    axes.set_xscale("log")
    axes.set_xlim(left, right)
    axes.set_ylim(max(places) + 0.7, -0.7)
    axes.axvspan(10, min(1000, right), color=_BAND, zorder=0)
    ticks = [t for t in (0.1, 1, 10, 100, 1000, 10_000, 100_000) if left <= t <= right]
    axes.set_xticks(ticks, [f"{t:,}{TIMES}" for t in ticks], fontsize=9.5, color=_FAINT)
    axes.set_xticks([], minor=True)
    axes.set_yticks([])
    axes.vlines(ticks, *axes.get_ylim(), color=_GRID, linewidth=0.8, zorder=1)
    axes.vlines([1], *axes.get_ylim(), color=_INK, linewidth=1.2, zorder=5)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xlabel("times faster than the same question to the legacy table (logarithmic; shaded: the goal)", fontsize=9.5, color=_FAINT)
    for head, x in _COLUMNS.items():
        axes.text(x, -0.95, head, transform=axes.get_yaxis_transform(), ha="right", **_TEXT | {"color": _FAINT})


def _legend(figure: Any, timed: Sequence[tuple[Result, float]], y: float) -> None:
    x = 0.012
    for kind in dict.fromkeys(r.pair.kind for r, _ in timed):
        figure.text(x, y, "■", fontsize=12, color=_COLOURS[kind])
        figure.text(x + 0.014, y, _NAMES[kind], fontsize=9.5, color=_INK)
        x += 0.027 + 0.0064 * len(_NAMES[kind])


def _duration(seconds: float | None) -> str:
    """A time as people read it.

    >>> [_duration(s) for s in (0.00012, 0.0123, 0.51, 4.2, None)]
    ['0.12 ms', '12.3 ms', '510 ms', '4.2 s', '']
    """
    if seconds is None:
        return ""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    amount = seconds * 1000
    return f"{amount:.2f} ms" if amount < 9.95 else f"{amount:.1f} ms" if amount < 99.5 else f"{amount:.0f} ms"
