"""A migration as a picture: its assets over time, memory and CPU meanwhile, and the stages of the last migrations.

Contains the drawing only: a PNG as bytes, drawn without a display, in colours that colour-blind people can distinguish by their order.
"""

import io
from typing import Any

from mediabase_assets.model.quantities import counted, duration
from mediabase_assets.model.stages import Stage
from mediabase_assets.monitoring.history import History
from mediabase_assets.monitoring.measure import MB

_INK, _FAINT, _GRID = "#222222", "#666666", "#D8D8D8"
_BLUE, _ORANGE = "#0072B2", "#D55E00"
#: Twelve colours, dark and light ones beside each other.
_COLOURS = (
    "#88CCEE", "#332288", "#DDCC77", "#117733", "#CC6677", "#882255", "#44AA99", "#0072B2", "#BBBBBB", "#AA4499", "#E69F00", "#555555",
)  # fmt: skip
#: Share of the width from which on a bar has its name.
_NAMED = 0.055


def colour_of(stage: int) -> str:
    """The colour of a stage."""
    return _COLOURS[(stage - 1) % len(_COLOURS)]


def draw(history: History) -> bytes:
    """The picture of a migration."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # loaded where it is needed: it takes a second
    from matplotlib.figure import Figure

    bars = history.bars
    rows = max(row for row, _, _ in bars) + 1
    ids = list(dict.fromkeys(s.migration_id for s in history.stages))
    heights = (0.34 * rows + 0.5, 1.9, 0.3 * len(ids) + 0.5)
    height = sum(heights) + 3.2
    figure = Figure(figsize=(12.5, height), dpi=86, facecolor="white")
    FigureCanvasAgg(figure)
    metrics = history.metrics
    parts = (counted(len(metrics.assets), "asset"), duration(metrics.summary()["duration_seconds"]) or "not ended", metrics.status)
    figure.text(0.012, 1 - 0.34 / height, f"Migration {metrics.migration_id}", fontsize=16, weight="bold", color=_INK)
    figure.text(0.012, 1 - 0.62 / height, ", ".join(parts), fontsize=10.5, color=_FAINT)
    top = 1 - 1.5 / height
    axes = []
    for one in heights:
        axes.append(figure.add_axes((0.13, top - one / height, 0.8, one / height)))
        top -= (one + 0.62) / height
    _timeline(axes[0], history)
    _use(axes[1], history, axes[0].get_xlim())
    _stages(axes[2], history, ids)
    _legend(figure, history, 1 - 0.92 / height, 0.2 / height)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _timeline(axes: Any, history: History) -> None:
    bars = history.bars
    end = max(begin + asset.wall_seconds for _, asset, begin in bars)
    for row, asset, begin in bars:
        colour = colour_of(asset.stage)
        axes.barh(row, asset.wall_seconds, left=begin, height=0.86, color=colour, edgecolor="white", linewidth=0.4, zorder=3)
        name = asset.asset.rpartition("/")[2]
        if asset.wall_seconds > end * max(_NAMED, 0.0068 * len(name)):
            dark = sum(int(colour[i : i + 2], 16) for i in (1, 3, 5)) < 400
            axes.text(
                begin + asset.wall_seconds / 2, row, name, ha="center", va="center", fontsize=7, color="white" if dark else _INK, zorder=4
            )
    axes.set_xlim(0, end * 1.01)
    axes.set_ylim(max(row for row, _, _ in bars) + 0.6, -0.6)
    axes.set_yticks([])
    axes.set_ylabel("assets beside\neach other", fontsize=9, color=_FAINT)
    _plain(axes)


def _use(axes: Any, history: History, limits: tuple[float, float]) -> None:
    seconds = [p.seconds for p in history.points]
    other = axes.twinx()
    axes.fill_between(seconds, [p.memory_bytes / MB for p in history.points], color=_BLUE, alpha=0.25, zorder=2)
    axes.plot(seconds, [p.memory_bytes / MB for p in history.points], color=_BLUE, linewidth=1.4, zorder=3)
    other.plot(seconds, [p.cpu_percent for p in history.points], color=_ORANGE, linewidth=1.2, zorder=3)
    for one, label, colour in ((axes, "memory of the\nprocess, MB", _BLUE), (other, "its CPU, % of a core", _ORANGE)):
        one.set_ylim(bottom=0)
        one.set_ylabel(label, fontsize=9, color=colour)
        _plain(one)
    axes.set_xlim(*limits)
    axes.set_xlabel("seconds since the first asset was begun", fontsize=9, color=_FAINT)


def _stages(axes: Any, history: History, ids: list[str]) -> None:
    ends = dict.fromkeys(ids, 0.0)
    for each in history.stages:
        place = ids.index(each.migration_id)
        axes.barh(place, each.seconds, left=ends[each.migration_id], height=0.7, color=colour_of(each.stage), zorder=3)
        ends[each.migration_id] += each.seconds
    for place, migration_id in enumerate(ids):
        axes.text(ends[migration_id], place, f" {duration(ends[migration_id])}", va="center", fontsize=8.5, color=_INK, zorder=4)
    axes.set_yticks(range(len(ids)), ids, fontsize=8.5, color=_INK)
    axes.set_ylim(len(ids) - 0.4, -0.6)
    axes.set_xlim(0, max(ends.values(), default=1.0) * 1.1 or 1.0)
    axes.set_xlabel("seconds of the assets of each stage, added up, in the last migrations", fontsize=9, color=_FAINT)
    _plain(axes)


def _legend(figure: Any, history: History, y: float, line: float) -> None:
    x = 0.012
    for stage in sorted({s.stage for s in history.stages} | {a.stage for a in history.metrics.assets}):
        title = f"{stage} {Stage(stage).title}"
        if x + 0.0058 * len(title) > 0.97:
            x, y = 0.012, y - line
        figure.text(x, y, "■", fontsize=10, color=colour_of(stage))
        figure.text(x + 0.012, y, title, fontsize=8, color=_FAINT)
        x += 0.022 + 0.0054 * len(title)


def _plain(axes: Any) -> None:
    axes.grid(axis="x", color=_GRID, linewidth=0.7, zorder=0)
    axes.tick_params(length=0, labelsize=8.5, labelcolor=_FAINT)
    for side in axes.spines.values():
        side.set_visible(False)
