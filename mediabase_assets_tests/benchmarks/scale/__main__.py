"""How long a migration takes and how large its result is, at several sizes, against plain SQL that makes the same.

Not a test: run it by hand, `python -m mediabase_assets_tests.benchmarks.scale --sizes 1/16,1/4,1,3 --out FOLDER`. For each size it
makes a server of its own in a temporary folder and removes it. README.md in the folder above says how to read the result.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from mediabase_assets.model.errors import MediabaseError
from mediabase_assets_tests.benchmarks.scale import machine, report
from mediabase_assets_tests.benchmarks.scale.comparing import compare
from mediabase_assets_tests.benchmarks.scale.floor import FloorError
from mediabase_assets_tests.benchmarks.scale.measuring import MigrationError, Options, Teller, measure
from mediabase_assets_tests.benchmarks.scale.picture import draw
from mediabase_assets_tests.benchmarks.scale.sizes import REAL, Size, read_sizes


def main() -> int:
    """Measure, write, compare."""
    parser = _parser()
    chosen = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 140)
    try:
        sizes = read_sizes(chosen.sizes)
    except ValueError as error:
        parser.error(str(error))
    if chosen.legacy_from:
        sizes = (*sizes, Size(REAL, 0, chosen.legacy_from))
    result = json.loads(chosen.show.read_text()) if chosen.show else {"machine": machine.facts(), "sizes": []}
    older = json.loads(chosen.compare.read_text()) if chosen.compare else None
    chosen.out.mkdir(parents=True, exist_ok=True)
    try:
        if not chosen.show:
            _measure_all(sizes, chosen, result)
    except (FloorError, MigrationError, MediabaseError) as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False)
        return 1
    finally:
        if result["sizes"]:
            _write(result, chosen.out, console)
    if older:
        console.print(*report.rich_tables(report.comparison(compare(older, result))), sep="\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="python -m mediabase_assets_tests.benchmarks.scale", description=__doc__)
    found.add_argument("--sizes", default="1/16,1/4,1,3", help="multiples of the real table of 385,659 transcripts, or none")
    found.add_argument("--legacy-from", type=Path, help="measure this table too")
    found.add_argument("--out", type=Path, default=Path("scale"), help="folder for scale.json, scale.md, scale.png and the floor's SQL")
    found.add_argument("--compare", type=Path, metavar="OLDER.json", help="tell what changed since")
    found.add_argument("--place", type=Path, help="folder in which the temporary ones are made")
    found.add_argument("--keep", action="store_true", help="keep the temporary folders")
    found.add_argument("--without-floor", action="store_true", help="measure the migration only")
    found.add_argument("--show", type=Path, metavar="OLDER.json", help="measure nothing, show this result again")
    return found


def _measure_all(sizes: tuple[Size, ...], chosen: argparse.Namespace, result: dict[str, Any]) -> None:
    """Each size; what is measured is on the disk before the next one begins."""
    options = Options(chosen.out, chosen.place, chosen.keep, not chosen.without_floor)
    teller = Teller(Console(stderr=True))
    for size in sizes:
        result["sizes"].append(measure(size, options, teller))
        (chosen.out / "scale.json").write_text(json.dumps(result, indent=2))


def _write(result: dict[str, Any], out: Path, console: Console) -> None:
    tables = report.tables(result)
    result["growth"] = {figure: asdict(g) for figure in report.GROWING if (g := report.growth_of(result, figure))}
    console.print(*report.rich_tables(tables), sep="\n")
    (out / "scale.json").write_text(json.dumps(result, indent=2))
    (out / "scale.md").write_text(report.markdown(result, tables), encoding="utf-8")
    (out / "scale.png").write_bytes(draw(result))
    names = ", ".join(str(out / f"scale.{kind}") for kind in ("json", "md", "png"))
    console.print(f"\nWritten: {names}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
