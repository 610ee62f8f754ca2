"""Every command on servers of any version: `python -m mediabase_assets_tests.servers.matrix --bin DIR --bin DIR`.

Without --bin, on every version that is installed here. On each it makes the smallest demonstration, as a Parquet file and as
an archive of pg_dump, loads the one into `public` and the other into a schema of another name, and runs every command there
as a role that is no superuser. Prints one line per version, schema and command, and ends with 1 where one did not do what
it has to.

With --locales it migrates one legacy table in a database of every locale and with collations of people instead, and prints one
line per version and locale: right where every relation has the content that it has in locale C. The tests do a part of both.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from mediabase_assets_tests.servers.commands import Outcome, Place, every_command, legacy_files
from mediabase_assets_tests.servers.locales import differing
from mediabase_assets_tests.servers.running import RunningServer, installed, running

#: A schema, and the kind of file that is loaded into it.
PLACES = (("public", "parquet"), ("Cancer data", "dump"))


def outcomes(
    server: RunningServer,
    files: dict[str, Path],
    folder: Path,
    places: tuple[tuple[str, str], ...] = PLACES,
    only: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
):
    """What came of the commands in each place: schema and outcome."""
    for number, (schema, kind) in enumerate(places):
        database = server.create_database(f"matrix_{number}")
        place = Place(server, database, folder / f"home_{number}", schema)
        try:
            for outcome in every_command(place, files[kind], only, without):
                yield schema, outcome
        finally:
            server.drop_database(database)


def main() -> int:
    """Run the matrix and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", action="append", type=Path, metavar="DIR", help="folder with initdb, pg_ctl and postgres; may be repeated")
    parser.add_argument("--only", action="append", default=[], metavar="WORDS", help="commands whose name begins so; may be repeated")
    parser.add_argument("--schema", choices=[schema for schema, _ in PLACES], help="one of the two schemas alone")
    parser.add_argument("--locales", action="store_true", help="every locale instead of every command")
    arguments = parser.parse_args()
    chosen = arguments.bin or list(installed().values())
    if arguments.locales:
        return _every_locale(chosen)
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


def _every_locale(chosen: list[Path]) -> int:
    """Migrate in every locale and print which gives other content."""
    print("| PostgreSQL | locale | outcome |\n|---|---|---|", flush=True)
    is_wrong = False
    for bin_dir in chosen:
        with running(bin_dir.resolve()) as server, tempfile.TemporaryDirectory(prefix="mediabase-matrix-") as folder:
            for locale, relations in differing(server, Path(folder)):
                is_wrong = is_wrong or bool(relations)
                print(f"| {server.version} | {locale} | {'WRONG: ' + ', '.join(relations) if relations else 'right'} |", flush=True)
    return 1 if is_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
