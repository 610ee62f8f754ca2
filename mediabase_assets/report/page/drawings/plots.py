"""The other pictures of the report: times of the steps, speed-ups on a logarithmic scale, sizes, shares of one column.

Contains the drawing only; the numbers are those of the document.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from mediabase_assets.model.quantities import counted, duration, number, size
from mediabase_assets.report.page.drawings.svg import element, picture, shortened, text
from mediabase_assets.report.page.fates import OUTCOMES

Row = Mapping[str, Any]
WIDTH, LEFT, RIGHT, LINE = 1000, 270, 80, 19
#: Palette by stage, in turn; neighbours differ in lightness too.
STAGES = 6


def timeline(steps: Sequence[Row], span: float | None) -> Markup:
    """A bar for every step from its beginning to its end, in the order in which they began; empty where nothing was made."""
    made = [s for s in steps if s["status"] != "kept" and s["started_at"] and s["finished_at"]]
    if not made or not span:
        return Markup()
    begin = min(_at(s["started_at"]) for s in made)
    scale = (WIDTH - LEFT - RIGHT) / span
    height = 34 + LINE * len(made) + 10
    parts = _seconds_axis(span, scale, height)
    for place, step in enumerate(made):
        y = 34 + LINE * place
        x, long = LEFT + (_at(step["started_at"]) - begin) * scale, (_at(step["finished_at"]) - _at(step["started_at"]))
        words = f"{step['asset']} (stage {step['stage']}, {step['title']}): {duration(long)}, {step['status']}"
        kind = "failed" if step["status"] == "failed" else f"stage{step['stage'] % STAGES}"
        parts += [
            text(LEFT - 8, y + 13, shortened(step["asset"], 40), "label", "end"),
            element("rect", element("title", words), x=x, y=y + 3, width=max(1.5, long * scale), height=LINE - 6, rx=2,
            class_=f"step {kind}",
                    data_tip=words),
            text(min(x + max(1.5, long * scale) + 5, WIDTH - 60), y + 13, duration(long), "count"),
        ]  # fmt: skip
    told = f"{counted(len(made), 'step')} in {duration(span)}; each bar is one asset, from when its build began to when it ended."
    return picture(WIDTH, height, "What was built when", told, *parts, name="timeline")


def _seconds_axis(span: float, scale: float, height: float) -> list[Markup]:
    steps = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)
    step = next((s for s in steps if span / s <= 10), 28800)
    parts: list[Markup] = []
    for place in range(int(span / step) + 1):
        x = LEFT + place * step * scale
        parts += [
            element("line", x1=x, x2=x, y1=24, y2=height - 6, class_="grid"),
            text(x, 16, f"{place * step:g} s" if step < 60 else f"{place * step / 60:g} min", "count", "middle"),
        ]
    return parts


def _at(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def speed(questions: Sequence[Row]) -> Markup:
    """Milliseconds of each question from the legacy table and from the views, on a logarithmic scale; empty without measurements."""
    timed = [q for q in questions if q["legacy_ms"] and q["views_ms"]]
    if not timed:
        return Markup()
    values = [q[side] for q in timed for side in ("legacy_ms", "views_ms")]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    left, right = 340, 80
    scale = (WIDTH - left - right) / (high - low)
    height = 34 + 22 * len(timed) + 10

    def x_of(value: float) -> float:
        return left + (math.log10(value) - low) * scale

    parts: list[Markup] = []
    for power in range(low, high + 1):
        x = left + (power - low) * scale
        parts += [
            element("line", x1=x, x2=x, y1=24, y2=height - 6, class_="grid"),
            text(x, 16, _milliseconds(10.0**power), "count", "middle"),
        ]
    for place, q in enumerate(timed):
        parts += _question(q, 34 + 22 * place + 11, x_of(q["legacy_ms"]), x_of(q["views_ms"]), left)
    told = f"{counted(len(timed), 'question')}, each asked of the legacy table and of the views; medians, on a logarithmic scale."
    return picture(WIDTH, height, "How long questions take, before and after", told, *parts, name="speed")


def _question(q: Row, y: float, legacy: float, views: float, left: float) -> list[Markup]:
    words = f"{q['question']} {_milliseconds(q['legacy_ms'])} from the legacy table, {_milliseconds(q['views_ms'])} from the views"
    slower = q["times_faster"] is not None and q["times_faster"] < 1
    return [
        text(left - 8, y + 4, shortened(q["question"], 52), "label", "end"),
        element("line", x1=legacy, x2=views, y1=y, y2=y, class_=f"reach {'slower' if slower else ''}".rstrip()),
        element("rect", element("title", words), x=legacy - 4.5, y=y - 4.5, width=9, height=9, class_="legacy", data_tip=words),
        element("circle", element("title", words), cx=views, cy=y, r=5, class_="views", data_tip=words),
        text(WIDTH - 4, y + 4, times(q["times_faster"]), "count", "end"),
    ]


def times(factor: float | None) -> str:
    """How many times faster, with as many digits as were measured well.

    >>> times(6430.8), times(18.84), times(1.06), times(None)
    ('6,400 times', '19 times', '1.1 times', '')
    """
    if factor is None:
        return ""
    if factor < 10:
        return f"{factor:.1f} times"
    digits = 1 - math.floor(math.log10(factor))
    return f"{round(factor, min(0, digits)):,.0f} times"


def _milliseconds(value: float) -> str:
    if value >= 1000:
        return f"{value / 1000:g} s" if value >= 10_000 or value % 1000 == 0 else f"{value / 1000:.1f} s"
    return f"{value:g} ms" if value >= 1 else f"{value:.2g} ms"


def sizes(groups: Sequence[Row]) -> Markup:
    """Bytes of the legacy table, the tables and the views, of them rows, large values and indexes; empty without measurements."""
    if not groups:
        return Markup()
    scale = (WIDTH - 160 - 110) / max(max(g["total"] for g in groups), 1)
    height = 40 * len(groups) + 14
    parts: list[Markup] = []
    for place, group in enumerate(groups):
        y, x = 8 + 40 * place, 160.0
        parts.append(text(150, y + 20, group["group"], "label", "end"))
        for part, words in (("heap", "rows"), ("toast", "large values"), ("index", "indexes")):
            long = group[part] * scale
            tip = f"{group['group']}: {size(group[part])} of {words}"
            parts.append(element("rect", element("title", tip), x=x, y=y + 2, width=long, height=28, class_=f"part {part}", data_tip=tip))
            x += long
        parts.append(text(x + 8, y + 20, size(group["total"]), "count"))
    told = "; ".join(f"{g['group']}: {size(g['total'])}" for g in groups)
    return picture(WIDTH, height, "Storage before and after", told, *parts, name="sizes")


def shares(row: Row) -> Markup:
    """The outcomes of one column's facts as shares of a small bar; hidden from readers of the table, whose cells have the numbers."""
    total, x = row["read"], 0.0
    if not total:
        return Markup()
    parts = []
    for outcome in OUTCOMES:
        if row[outcome]:
            long = max(1.0, row[outcome] / total * 116)
            parts.append(
                element(
                    "rect", element("title", f"{number(row[outcome])} {outcome}"), x=x, y=1, width=long, height=10, class_=f"bar {outcome}"
                )
            )
            x += long
    return element("svg", *parts, viewBox=f"0 0 {max(x, 120):.1f} 12", class_="shares", aria_hidden="true", preserveAspectRatio="none")
