"""The results as tables for people: in the terminal, and as Markdown.

Here belongs what is shown and in which words. A table is a value, so that both forms show the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table as RichTable
from rich.text import Text

from mediabase_assets_tests.benchmarks.scale.comparing import Compared
from mediabase_assets_tests.benchmarks.scale.figures import Growth, growth

#: Whose growth is told.
GROWING = {"wall": "the whole migration", "core": "its core", "work": "the core without orchestration"}
Result = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """A title, the heads of the columns, rows of as many cells, and a sentence below."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def largest(result: Result) -> Result:
    """The size with most rows."""
    found: Result = max(result["sizes"], key=lambda s: s["legacy"]["rows"])
    return found


def growth_of(result: Result, figure: str) -> Growth | None:
    """How `wall`, `core` or `work` seconds grow with rows, over the demonstration tables."""
    return growth([(s["legacy"]["rows"], s["migration"]["seconds"][figure]) for s in result["sizes"] if s["is_demo"]])


def tables(result: Result) -> list[Table]:
    """All that is shown of a result."""
    return [_overview(result), _stages(result), _assets(largest(result)), _relations(largest(result))]


def _overview(result: Result) -> Table:
    rows = [(name, *(tell(size) for size in result["sizes"])) for name, tell in _FIGURES.items()]
    fits = [f"{words} to the power of {g.exponent:.2f}" for figure, words in GROWING.items() if (g := growth_of(result, figure))]
    note = f"Seconds grow with rows: {', '.join(fits)}." if fits else ""
    return Table("How long, how large", ("", *(s["label"] for s in result["sizes"])), tuple(rows), note)


def _stages(result: Result) -> Table:
    names = sorted({n for s in result["sizes"] for n in s["migration"]["stages"]}, key=lambda n: int(n.split()[0]))
    rows = [(name, *(_seconds(s["migration"]["stages"].get(name)) for s in result["sizes"])) for name in names]
    return Table("Seconds in which each stage was worked on", ("stage", *(s["label"] for s in result["sizes"])), tuple(rows))


def _assets(size: Result) -> Table:
    shown = size["migration"]["assets"]
    rows = [(a["asset"], *(_seconds(a[part]) for part in ("seconds", "build", "audit", "rest")), _count(a["rows"])) for a in shown]
    total = size["migration"]["seconds"]
    rows.append(
        ("all, overlapping", _seconds(sum(a["seconds"] for a in shown)), *(_seconds(total[p]) for p in ("build", "audit", "rest")), "")
    )
    heads = ("asset", "seconds", "build", "audit", "rest", "rows")
    return Table(f"Assets at {size['label']}, dearest first", heads, tuple(rows), "Two assets are built beside each other.")


def _relations(size: Result) -> Table:
    legacy, relations = size["sizes"]["legacy"], size["sizes"]["relations"]
    ranked = sorted(relations.items(), key=lambda item: -item[1])
    rows = [(n, _mb(b), f"{b / legacy:.1%}", _count(size["hashes"].get(n, {}).get("rows"))) for n, b in ranked]
    return Table(f"Relations at {size['label']}, with indexes", ("relation", "MB", "of legacy", "rows"), tuple(rows))


def comparison(found: Iterable[Compared]) -> list[Table]:
    """Before and after, one table per size."""
    result = []
    for one in found:
        rows = [(name, _seconds(old), _seconds(new), _change(old, new)) for name, (old, new) in one.seconds.items()]
        note = one.verdict + (f" Not measured alike: {'; '.join(one.unlike)}." if one.unlike else "")
        result.append(Table(f"Before and after at {one.label}", ("seconds of", "before", "after", "change"), tuple(rows), note))
    return result


def rich_tables(found: Iterable[Table]) -> list[Any]:
    """For the terminal; title and sentence stand outside the table, which may be narrower than they are."""
    shown: list[Any] = []
    for table in found:
        rich = RichTable(box=SIMPLE_HEAD, pad_edge=False)
        for number, head in enumerate(table.heads):
            rich.add_column(head, justify="right" if number else "left", no_wrap=True)
        for row in table.rows:
            rich.add_row(*row)
        shown += [Text(f"\n{table.title}", style="bold"), rich, *([Text(table.note)] if table.note else [])]
    return shown


def markdown(result: Result, found: Sequence[Table]) -> str:
    """The same as a document."""
    here = result["machine"]
    machine = (
        f"{here['cores']} cores ({here['processor']}), {here['memory_bytes'] / 1e9:.1f} GB, PostgreSQL {here['postgresql']}, "
        f"Python {here['python']}, Dagster {here['dagster']}, mediabase-assets {here['package']}"
    )
    commit = f" at {here['commit']}" if here["commit"] else ""
    parts = [f"Measured {here['measured_at']} on {machine}{commit}.\n"]
    for table in found:
        lines = [f"## {table.title}\n", _line(table.heads), _line(["---", *["---:"] * (len(table.heads) - 1)]), *map(_line, table.rows)]
        parts.append("\n".join(lines) + "\n" + (f"\n{table.note}\n" if table.note else ""))
    return "\n".join(parts)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _mb(value: float | None) -> str:
    return "not told" if value is None else f"{value / 1e6:,.1f}" if value < 1e8 else f"{value / 1e6:,.0f}"


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _change(old: float | None, new: float | None) -> str:
    if old is None or new is None:
        return "gone" if new is None else "new"
    return f"{new - old:+.2f}"


def _migration(name: str) -> Callable[[Result], str]:
    return lambda s: _seconds(s["migration"]["seconds"][name])


def _floor(tell: Callable[[Result], str]) -> Callable[[Result], str]:
    return lambda s: tell(s["floor"]) if s.get("floor") else ""


def _same(floor: Result) -> str:
    same = list(floor["same_content"].values())
    return f"{sum(same)} of {len(same)}"


#: Every line of the overview: its words, and how its cell is told.
_FIGURES: dict[str, Callable[[Result], str]] = {
    "legacy transcripts": lambda s: _count(s["legacy"]["rows"]),
    "genes kept": lambda s: _count(s["hashes"]["genes"]["rows"]),
    "legacy table with indexes, MB": lambda s: _mb(s["legacy"]["bytes"]),
    "JSON text per transcript, kB": lambda s: f"{s['legacy']['json_bytes_per_transcript'] / 1e3:.2f}",
    "… of coding genes, kB": lambda s: f"{s['legacy']['json_bytes_per_coding_transcript'] / 1e3:.2f}",
    "cold migration, s": _migration("wall"),
    "… core, s": _migration("core"),
    "… round trip, s": _migration("round_trip"),
    "… query benchmark, s": _migration("query_benchmark"),
    "… orchestration, s": _migration("orchestration"),
    "floor, s": _floor(lambda f: _seconds(f["seconds"])),
    "… of it pg_dump, s": _floor(lambda f: _seconds(f["processes"]["pg_dump"])),
    "core / floor": _floor(lambda f: f"{f['ratio']:.2f}"),
    "relations with the floor's content": _floor(_same),
    "second run, s": lambda s: _seconds(s["migration"].get("second_migrate_seconds")),
    "seeing that nothing is to do, s": lambda s: _seconds(s["migration"]["look_seconds"]),
    "imports of Python, s": lambda s: _seconds(s["migration"]["import_seconds"]),
    "CPU of Python, s": lambda s: _seconds(s["migration"]["cpu_seconds"]["python"]),
    "CPU of PostgreSQL, s": lambda s: _seconds(s["migration"]["cpu_seconds"]["server"]),
    "Python's peak memory, MB": lambda s: _mb(s["migration"]["memory"]["python_peak"]),
    "… with its children, MB": lambda s: _mb(s["migration"]["memory"]["python_with_children_peak"]),
    "PostgreSQL's peak memory, MB": lambda s: _mb(s["migration"]["memory"]["server_peak"]),
    "… of a budget of, MB": lambda s: _mb(s["migration"]["memory"]["server_budget"]),
    "… beside shared_buffers of, MB": lambda s: _mb(s["migration"]["memory"]["shared_buffers"]),
    "read from files, MB": lambda s: _mb(s["migration"]["traffic"]["read"]),
    "written to files, MB": lambda s: _mb(s["migration"]["traffic"]["written"]),
    "written to the log (WAL), MB": lambda s: _mb(s["migration"]["traffic"]["wal"]),
    "temporary files, MB": lambda s: _mb(s["migration"]["traffic"]["temp"]),
    "tables with indexes, MB": lambda s: _mb(s["sizes"]["tables"]),
    "views with indexes, MB": lambda s: _mb(s["sizes"]["views"]),
    "tables, share of legacy": lambda s: f"{s['sizes']['tables_share']:.1%}",
    "tables and views, share of legacy": lambda s: f"{s['sizes']['share']:.1%}",
    "extraction, kept for reruns, MB": lambda s: _mb(s["sizes"]["extraction"]),
    "records of migrations, MB": lambda s: _mb(s["sizes"]["records"]),
}
