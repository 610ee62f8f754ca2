"""Every command on servers of any version: `python -m mediabase_assets_tests.servers.matrix --bin DIR --bin DIR`.

Without --bin, on every version that is installed here. Prints one line per version, schema and command, and ends with 1
where one did not do what it has to.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from mediabase_assets_tests.servers.commands import Outcome, Place, every_command, legacy_files
from mediabase_assets_tests.servers.running import RunningServer, installed, running

#: A schema, and the kind of file that is loaded into it.
PLACES = (("public", "parquet"), ("Cancer data", "dump"))


def outcomes(
    server: RunningServer, files: dict[str, Path], folder: Path, places: tuple[tuple[str, str], ...] = PLACES, only: tuple[str, ...] = ()
):
    """What came of the commands in each place: schema and outcome."""
    for number, (schema, kind) in enumerate(places):
        database = server.create_database(f"matrix_{number}")
        place = Place(server, database, folder / f"home_{number}", schema)
        try:
            for outcome in every_command(place, files[kind], only):
                yield schema, outcome
        finally:
            server.drop_database(database)


def main() -> int:
    """Run the matrix and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", action="append", type=Path, metavar="DIR", help="folder with initdb, pg_ctl and postgres; may be repeated")
    parser.add_argument("--only", action="append", default=[], metavar="WORDS", help="commands whose name begins so; may be repeated")
    parser.add_argument("--schema", choices=[schema for schema, _ in PLACES], help="one of the two schemas alone")
    arguments = parser.parse_args()
    chosen = arguments.bin or list(installed().values())
    places = tuple(place for place in PLACES if arguments.schema in (None, place[0]))
    print("| PostgreSQL | schema | command | outcome | seconds |\n|---|---|---|---|---:|", flush=True)
    wrong: list[tuple[str, Outcome]] = []
    for bin_dir in chosen:
        with running(bin_dir.resolve()) as server, tempfile.TemporaryDirectory(prefix="mediabase-matrix-") as folder:
            with server.connect() as conn:
                version = conn.info.parameter_status("server_version") or ""
            files = legacy_files(server, Path(folder))
            for schema, outcome in outcomes(server, files, Path(folder), places, tuple(arguments.only)):
                told = "right" if outcome.is_right else "WRONG"
                print(f"| {version.split()[0]} | {schema} | {outcome.command} | {told} | {outcome.seconds:.1f} |", flush=True)
                if not outcome.is_right:
                    wrong.append((version, outcome))
    for version, outcome in wrong:
        print(f"\n{version}, {outcome.command}:\n{outcome.said}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
