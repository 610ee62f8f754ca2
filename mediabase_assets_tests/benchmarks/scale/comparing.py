"""Two results of the benchmark beside each other: what became faster or slower, and whether anything else changed.

Here belongs the comparison as values; how it is printed is `report.py`. Only sizes that both results have are compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Compared:
    """One size in two results.

    Attributes:
        label: The size.
        seconds: Figure or asset to (before, after) in seconds; None where only one result has it.
        contents: Sentences about relations that differ; empty if every relation has the same rows.
        relations: How many relations both have.
        unlike: What else is not the same, so that the seconds say little: other rows, another number of cores.
    """

    label: str
    seconds: dict[str, tuple[float | None, float | None]]
    contents: tuple[str, ...]
    relations: int
    unlike: tuple[str, ...] = field(default=())

    @property
    def verdict(self) -> str:
        """Whether the contents are the same, as a sentence."""
        if self.contents:
            return f"{len(self.contents)} relations differ: " + "; ".join(self.contents) + "."
        return f"Every one of {self.relations} relations has the same content."


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Compared]:
    """Every size that two results share, in the order of the newer one."""
    known = {size["label"]: size for size in before["sizes"]}
    unlike = _unlike(before["machine"], after["machine"], ("cores", "memory_bytes", "postgresql"))
    return [_size(known[size["label"]], size, unlike) for size in after["sizes"] if size["label"] in known]


def _size(before: Mapping[str, Any], after: Mapping[str, Any], unlike: list[str]) -> Compared:
    old, new = before["hashes"], after["hashes"]
    contents = [sentence for name in sorted({*old, *new}) if (sentence := _content(name, old.get(name), new.get(name)))]
    others = unlike + _unlike(before["legacy"], after["legacy"], ("rows",))
    return Compared(after["label"], _seconds(before, after), tuple(contents), len(old.keys() & new.keys()), tuple(others))


def _content(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    if old is None:
        return f"{name} is new"
    if new is None:
        return f"{name} is missing"
    if old["hash"] == new["hash"]:
        return ""
    rows = f", {old['rows']:,} rows before and {new['rows']:,} now" if old["rows"] != new["rows"] else ""
    return f"{name} has other content{rows}"


def _seconds(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[float | None, float | None]]:
    old, new = _timed(before), _timed(after)
    return {name: (old.get(name), new.get(name)) for name in dict.fromkeys([*new, *old])}


def _timed(size: Mapping[str, Any]) -> dict[str, float]:
    """Totals first, then the assets, dearest first."""
    migration = size["migration"]
    totals = {name: migration["seconds"][name] for name in ("wall", "core", "orchestration")}
    if "second_migrate_seconds" in migration:  # results of before measured something else
        totals["second run"] = migration["second_migrate_seconds"]
    if size.get("floor"):
        totals["floor"] = size["floor"]["seconds"]
    assets = sorted(migration["assets"], key=lambda a: -a["seconds"])
    return totals | {a["asset"]: a["seconds"] for a in assets}


def _unlike(before: Mapping[str, Any], after: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    return [f"{n} {before.get(n)} and {after.get(n)}" for n in names if before.get(n) != after.get(n)]
