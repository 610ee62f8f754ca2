"""Where each fact went: a flow from legacy columns to tables, the quarantine and the archive, and on to the five outcomes.

Contains the layout and the drawing. Widths are proportional to facts; what would be thinner than a hairline is drawn as one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from mediabase_assets.model.quantities import counted, number
from mediabase_assets.report.page.drawings.svg import element, picture, shortened, text
from mediabase_assets.report.page.fates import ARCHIVE, OUTCOMES, QUARANTINE

WIDTH, TOP, GAP = 1000, 44, 7
#: Where the bars of columns, of destinations and of outcomes stand, and how wide they are.
PLACES, BAR = (256, 546, 838), 12
#: Pixels that all facts take together, the thinnest band, and the least height of a bar with its label.
SCALE, HAIRLINE, LABEL = 430.0, 1.0, 14.0
_ROUNDS = 4


@dataclass(frozen=True)
class Band:
    """Facts of one outcome on their way from one bar to the next."""

    source: str
    target: str
    outcome: str
    facts: int
    width: float


@dataclass
class Bar:
    """A column, a destination or an outcome: its facts and where it stands.

    Attributes:
        name: Its name.
        facts: All facts that come through it.
        height: Its height.
        top: Where it begins.
        used: How much of its left and right side bands have taken.
    """

    name: str
    facts: int = 0
    height: float = 0
    top: float = 0
    used: list[float] = field(default_factory=lambda: [0.0, 0.0])

    @property
    def middle(self) -> float:
        """Its middle."""
        return self.top + self.height / 2


def draw(flows: Sequence[Mapping[str, str | int]]) -> Markup:
    """The picture; empty where nothing was recorded.

    Args:
        flows: Facts by column, destination and outcome, as `fates.flows` has them.
    """
    if not flows:
        return Markup()
    total = sum(int(f["facts"]) for f in flows)
    first = [_band(str(f["column"]), str(f["destination"]), str(f["outcome"]), int(f["facts"]), total) for f in flows]
    sums: dict[tuple[str, str], int] = {}
    for band in first:
        sums[band.target, band.outcome] = sums.get((band.target, band.outcome), 0) + band.facts
    second = [_band(target, outcome, outcome, facts, total) for (target, outcome), facts in sorted(sums.items())]
    layers = _layers(first, second)
    height = max(_place(layer) for layer in layers) + 12
    for layer in layers:
        _spread(layer, height)
    parts = [*_headers(), *_bands(first, layers[0], layers[1], 0), *_bands(second, layers[1], layers[2], 1)]
    for number_, layer in enumerate(layers):
        parts += [part for bar in layer.values() for part in _drawn(bar, number_)]
    return picture(WIDTH, height, "Where each fact went", _described(second, total), *parts, name="flow")


def _band(source: str, target: str, outcome: str, facts: int, total: int) -> Band:
    return Band(source, target, outcome, facts, max(HAIRLINE, facts / total * SCALE))


def _layers(first: Sequence[Band], second: Sequence[Band]) -> tuple[dict[str, Bar], dict[str, Bar], dict[str, Bar]]:
    """The bars of the three layers, in an order in which few bands cross: each near the middle of what it is connected with."""
    targets = sorted({b.target for b in first}, key=lambda name: (name == ARCHIVE, name == QUARANTINE, name))
    outcomes = [name for name in OUTCOMES if any(b.outcome == name for b in second)]
    sources = sorted({b.source for b in first})
    for _ in range(_ROUNDS):
        sources = _ordered(sources, targets, [(b.source, b.target, b.facts) for b in first])
        ends = {QUARANTINE, ARCHIVE}
        targets = [*_ordered([t for t in targets if t not in ends], sources, [(b.target, b.source, b.facts) for b in first]),
                   *(t for t in targets if t in ends)]  # fmt: skip
    left, middle, right = ({name: Bar(name) for name in names} for names in (sources, targets, outcomes))
    for band in first:
        left[band.source].facts += band.facts
        left[band.source].height += band.width
        middle[band.target].facts += band.facts
        middle[band.target].height += band.width
    for band in second:
        right[band.target].facts += band.facts
        right[band.target].height += band.width
    return left, middle, right


def _ordered(names: Sequence[str], others: Sequence[str], links: Iterable[tuple[str, str, int]]) -> list[str]:
    rank = {name: place for place, name in enumerate(others)}
    weights: dict[str, list[float]] = {name: [0.0, 0.0] for name in names}
    for name, other, facts in links:
        if name in weights:
            weights[name][0] += rank[other] * facts
            weights[name][1] += facts
    return sorted(names, key=lambda name: (weights[name][0] / (weights[name][1] or 1), name))


def _place(layer: Mapping[str, Bar]) -> float:
    """Stand the bars below each other, each with room for its label; returns where they end."""
    y = float(TOP)
    for bar in layer.values():
        room = max(bar.height, LABEL)
        bar.top = y + (room - bar.height) / 2
        y += room + GAP
    return y


def _spread(layer: Mapping[str, Bar], height: float) -> None:
    """Spread a layer over the height of the picture."""
    last = max(bar.top + max(bar.height, LABEL) for bar in layer.values())
    extra = (height - 12 - last) / max(1, len(layer))
    for place, bar in enumerate(layer.values()):
        bar.top += extra * (place + 0.5)


def _bands(bands: Sequence[Band], left: dict[str, Bar], right: dict[str, Bar], place: int) -> list[Markup]:
    """The bands between two layers: each begins and ends where the one above it does, so that they cross as little as can be."""
    sources, targets = ({name: n for n, name in enumerate(layer)} for layer in (left, right))
    outcome = {name: n for n, name in enumerate(OUTCOMES)}
    begins, ends = {}, {}
    for band in sorted(bands, key=lambda b: (sources[b.source], targets[b.target], outcome[b.outcome])):
        bar = left[band.source]
        begins[band] = bar.top + bar.used[1] * _shrink(bar, bands, band.source, is_left=True)
        bar.used[1] += band.width
    for band in sorted(bands, key=lambda b: (targets[b.target], sources[b.source], outcome[b.outcome])):
        bar = right[band.target]
        ends[band] = bar.top + bar.used[0]
        bar.used[0] += band.width
    x0, x1 = PLACES[place] + BAR, PLACES[place + 1]
    return [_curve(band, x0, begins[band] + band.width / 2, x1, ends[band] + band.width / 2) for band in bands]


def _shrink(bar: Bar, bands: Sequence[Band], source: str, *, is_left: bool) -> float:
    """Bands of hairlines may take more room on one side of a bar than on the other: they are drawn over each other then."""
    room = sum(b.width for b in bands if (b.source if is_left else b.target) == source)
    return min(1.0, bar.height / room) if room else 1.0


def _curve(band: Band, x0: float, y0: float, x1: float, y1: float) -> Markup:
    middle = (x0 + x1) / 2
    path = f"M{x0:g} {y0:.2f}C{middle:g} {y0:.2f} {middle:g} {y1:.2f} {x1:g} {y1:.2f}"
    to = "" if band.target == band.outcome else f" {band.outcome}"
    words = f"{band.source} → {band.target}: {counted(band.facts, 'fact')}{to}"
    return element("path", element("title", words), d=path, class_=f"band {band.outcome}", stroke_width=band.width, data_tip=words)


def _drawn(bar: Bar, layer: int) -> list[Markup]:
    """A bar and its label: name and facts."""
    x = PLACES[layer]
    kind = bar.name if layer == 2 else {QUARANTINE: "quarantined", ARCHIVE: "archived"}.get(bar.name, "plain")
    name = shortened(bar.name, 28)
    label = element(
        "text", element("tspan", name, class_="name"), element("tspan", number(bar.facts), dx="6", class_="count"),
        x=x - 8 if layer == 0 else x + BAR + 8, y=bar.middle + 4, text_anchor="end" if layer == 0 else None, class_="label",
    )  # fmt: skip
    words = f"{bar.name}: {counted(bar.facts, 'fact')}"
    rect = element(
        "rect", element("title", words), x=x, y=bar.top, width=BAR, height=max(bar.height, 2.0), rx=2, class_=f"bar {kind}", data_tip=words
    )
    return [rect, label]


def _headers() -> list[Markup]:
    return [
        text(PLACES[0] + BAR, 18, "Column of the legacy table", "head", "end"),
        text(PLACES[1], 18, "Where its facts are now", "head"),
        text(PLACES[2], 18, "What became of them", "head"),
    ]


def _described(second: Sequence[Band], total: int) -> str:
    sums = {name: sum(b.facts for b in second if b.outcome == name) for name in OUTCOMES}
    return f"{counted(total, 'fact')}: {', '.join(f'{number(sums[name])} {name}' for name in OUTCOMES)}. The table below has every number."
