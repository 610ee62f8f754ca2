"""The result as one picture: how seconds grow with rows, what the dearest assets spend them on, how large the result is.

Here belongs the drawing alone: a PNG as bytes, drawn without a display, in colours that colour-blind people tell apart
(Okabe and Ito's).
"""

import io
from collections.abc import Mapping
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mediabase_assets_tests.benchmarks.scale.report import growth_of, largest

Result = Mapping[str, Any]
_BLUE, _ORANGE, _GREEN, _SKY, _GREY = "#0072B2", "#D55E00", "#009E73", "#56B4E9", "#9A9A9A"
_INK, _FAINT, _GRID = "#222222", "#666666", "#E3E3E3"
_SHADE = "#D4D4D4"
_PARTS = {"build": (_BLUE, "SQL that builds"), "audit": (_ORANGE, "SQL that audits"), "rest": (_GREY, "everything else")}
#: Assets in the second panel.
DEAREST = 18
TIMES = "\N{MULTIPLICATION SIGN}"


def draw(result: Result) -> bytes:
    """The picture of a result that has one size at least."""
    figure = Figure(figsize=(16, 8.2), dpi=120, facecolor="white")
    FigureCanvasAgg(figure)
    growing = figure.add_axes((0.045, 0.09, 0.262, 0.71))
    assets = figure.add_axes((0.52, 0.09, 0.205, 0.71))
    sizes = figure.add_axes((0.785, 0.09, 0.2, 0.71))
    _growth(growing, result)
    _assets(assets, largest(result))
    _sizes(sizes, result)
    here = result["machine"]
    about = f"{here['cores']} cores, {here['memory_bytes'] / 1e9:.0f} GB, PostgreSQL {here['postgresql']}, {here['measured_at'][:10]}"
    figure.text(0.012, 0.945, "How long a migration takes, and how large its result is", fontsize=18, weight="bold", color=_INK)
    figure.text(0.012, 0.91, about + (f", commit {here['commit']}" if here["commit"] else ""), fontsize=11, color=_FAINT)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _frame(axes: Any, title: str, subtitle: str, *, grid: str, at: float = 0.0) -> None:
    """What the three panels share: no box, a faint grid, a title with a line below it."""
    for side in axes.spines.values():
        side.set_visible(False)
    axes.grid(visible=True, axis=grid, color=_GRID, linewidth=0.9)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=10, colors=_INK)
    axes.text(at, 1.078, title, transform=axes.transAxes, fontsize=13, weight="bold", color=_INK)
    axes.text(at, 1.038, subtitle, transform=axes.transAxes, fontsize=10, color=_FAINT)


def _growth(axes: Any, result: Result) -> None:
    """Seconds against rows, both logarithmic."""
    demos = sorted((s for s in result["sizes"] if s["is_demo"]), key=lambda s: s["legacy"]["rows"])
    reals = [s for s in result["sizes"] if not s["is_demo"]]
    axes.set_xscale("log")
    axes.set_yscale("log")
    series = (
        ("whole migration", "wall", _SKY, "-"),
        ("core of it", "core", _BLUE, "-"),
        ("floor: plain SQL and pg_dump", None, _ORANGE, "--"),
    )
    for name, figure, colour, line in series:
        points = [(s["legacy"]["rows"], seconds) for s in demos if (seconds := _seconds(s, figure))]
        fit = growth_of(result, figure) if figure else None
        told = f"{name}, rows to the power of {fit.exponent:.2f}" if fit else name
        if points:
            axes.plot(*zip(*points, strict=True), ls="none" if fit else line, marker="o", ms=7, color=colour, label=told, zorder=3, lw=1.8)
        if fit:
            ends = (points[0][0] * 0.85, points[-1][0] * 1.18)
            axes.plot(ends, [fit.at(x) for x in ends], ls=line, color=colour, lw=1.8, zorder=2)
        real = [(s["legacy"]["rows"], seconds) for s in reals if (seconds := _seconds(s, figure))]
        if real:
            axes.plot(*zip(*real, strict=True), ls="none", marker="D", ms=9, mfc="white", mec=colour, mew=2, zorder=4)
    if reals:
        axes.plot([], [], ls="none", marker="D", ms=8, mfc="white", mec=_INK, mew=1.6, label="real table, the same colours")
    rows = [s["legacy"]["rows"] for s in result["sizes"]]
    axes.set_xlim(min(rows) / 1.7, max(rows) * 1.7)
    _ticks(axes, result)
    _frame(axes, "Seconds against transcripts", "lines: least squares over the demonstration tables", grid="both")
    axes.legend(loc="upper left", fontsize=9.5, frameon=True, facecolor="white", edgecolor="none", framealpha=0.9)


def _seconds(size: Result, figure: str | None) -> float | None:
    if figure:
        return float(size["migration"]["seconds"][figure])
    return float(size["floor"]["seconds"]) if size.get("floor") else None


def _ticks(axes: Any, result: Result) -> None:
    """Round seconds, with room for the legend above; the sizes themselves as rows."""
    seconds = [v for s in result["sizes"] for f in ("wall", "core", None) if (v := _seconds(s, f))]
    low, high = min(seconds) / 1.6, max(seconds) * 4.5
    axes.set_ylim(low, high)
    round_ones = [n * 10**p for p in range(-2, 5) for n in (1, 2, 5)]
    axes.set_yticks([t for t in round_ones if low <= t <= high], [f"{t:,.4g} s" for t in round_ones if low <= t <= high])
    rows = sorted({s["legacy"]["rows"]: s["label"] for s in result["sizes"]}.items())
    shown = [(n, label) for i, (n, label) in enumerate(rows) if i == 0 or n / rows[i - 1][0] > 1.35]
    axes.set_xticks([n for n, _ in shown], [f"{_rows(n)}\n{label if label == 'real' else f'{label} {TIMES}'}" for n, label in shown])
    axes.minorticks_off()


def _rows(count: int) -> str:
    """A number of rows as it fits below a tick.

    >>> _rows(24104), _rows(1156977)
    ('24.1 k', '1.16 M')
    """
    return f"{count / 1e6:.3g} M" if count >= 1e6 else f"{count / 1e3:.3g} k"


def _assets(axes: Any, size: Result) -> None:
    """The dearest assets, each as build, audit and rest; as one bar where that was not noted."""
    shown = size["migration"]["assets"][:DEAREST]
    places = range(len(shown))
    lefts = [0.0] * len(shown)
    longest = max(a["seconds"] for a in shown)
    for part, (colour, words) in _PARTS.items():
        widths = [(a[part] or 0.0) if a["rest"] is not None else (a["seconds"] if part == "rest" else 0.0) for a in shown]
        axes.barh(places, widths, left=lefts, height=0.7, color=colour, label=words, zorder=3)
        lefts = [left + width for left, width in zip(lefts, widths, strict=True)]
    for place, (asset, left) in enumerate(zip(shown, lefts, strict=True)):
        axes.text(left + longest * 0.015, place, f"{asset['seconds']:.2g}" if asset["seconds"] < 10 else f"{asset['seconds']:.0f}",
                  va="center", fontsize=9.5, color=_INK)  # fmt: skip
    axes.set_yticks(places, [a["asset"] for a in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(0, longest * 1.1)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g} s")
    axes.locator_params(axis="x", nbins=5)
    _frame(axes, f"The dearest assets at {_named(size)}", "seconds of each; two are built beside each other", grid="x", at=-0.91)
    if any(asset["rest"] is not None for asset in shown):
        axes.legend(loc="lower right", fontsize=9.5, frameon=True, facecolor="white", edgecolor="none", framealpha=0.9)


def _named(size: Result) -> str:
    return f"{size['label']} {TIMES}" if size["is_demo"] else "the real table"


def _sizes(axes: Any, result: Result) -> None:
    """Normalized tables and views of each size, before the legacy table as a shade."""
    found = result["sizes"]
    for place, size in enumerate(found):
        sizes = size["sizes"]
        shares = (sizes["tables_share"], sizes["share"] - sizes["tables_share"])
        axes.barh(place, 1, height=0.62, color=_SHADE, zorder=2)
        axes.barh(place, shares[0], height=0.62, color=_BLUE, zorder=3)
        axes.barh(place, shares[1], left=shares[0], height=0.62, color=_GREEN, zorder=3)
        for middle, share in ((shares[0] / 2, shares[0]), (shares[0] + shares[1] / 2, shares[1])):
            if share > 0.06:
                axes.text(middle, place, f"{share:.0%}", ha="center", va="center", fontsize=9.5, color="white", weight="bold", zorder=4)
        told = f"{_bytes(sizes['tables'])} + {_bytes(sizes['views'])} of {_bytes(sizes['legacy'])}"
        axes.text(0, place - 0.4, told, va="bottom", fontsize=9.5, color=_INK)
    for colour, words in ((_BLUE, "tables"), (_GREEN, "views"), (_SHADE, "legacy table")):
        axes.barh([0], [0], color=colour, label=words)
    axes.set_yticks(range(len(found)), [f"{s['label']} {TIMES}" if s["is_demo"] else s["label"] for s in found])
    axes.set_ylim(max(len(found), 3) - 0.1, -0.62)
    axes.set_xlim(0, max(1.0, *(s["sizes"]["share"] for s in found)) * 1.01)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    _frame(axes, "Bytes on disk, with indexes", "as a share of the legacy table of the same size", grid="x")
    axes.legend(loc="lower left", fontsize=9.5, frameon=False, ncols=3, columnspacing=1.2, handlelength=1.2, borderaxespad=0.1)


def _bytes(count: float) -> str:
    """A size as it fits above a bar.

    >>> _bytes(7_000_000), _bytes(1_304_000_000)
    ('7 MB', '1.3 GB')
    """
    return f"{count / 1e9:.2g} GB" if count >= 1e9 else f"{count / 1e6:.3g} MB"
