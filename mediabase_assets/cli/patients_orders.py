"""What `mediabase patients import` and `migrate` are asked to import: from arguments, from a sample sheet, from names of databases.

Contains the choice and its refusals; nothing is read of the files.
"""

import argparse
import csv
import dataclasses
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.patients import PatientError, checked_patient_id
from mediabase_assets.patients.legacy_databases import find_patient_databases, of_one_id, patient_id_of
from mediabase_assets.patients.loading import Order, source_of_database
from mediabase_assets.patients.options import columns_of, duplicates_of, read_options
from mediabase_assets.runs.patients.inbox import ENDINGS, id_of
from mediabase_assets.settings.load import Settings


@dataclass(frozen=True)
class Words:
    """The options of a file, as they were written."""

    column: tuple[str, ...] = ()
    scale: str = ""
    contrast: str = ""
    workbook_sheet: str = ""
    id_kind: str = ""
    delimiter: str = ""
    decimal: str = ""
    duplicates: str = "error"
    minimum_match_rate: float | None = None

    def order(self, patient_id: str, source: str) -> Order:
        """The order of a patient with these options.

        Raises:
            ConfigurationError: A word is unknown.
        """
        options = read_options(
            columns_of(list(self.column)), scale=self.scale, contrast=self.contrast, sheet=self.workbook_sheet, id_kind=self.id_kind,
            delimiter=self.delimiter, decimal=self.decimal,
        )  # fmt: skip
        return Order(checked_patient_id(patient_id), source, options, duplicates_of(self.duplicates), self.minimum_match_rate)


def orders_of(files: Sequence[Path], words: Words, *, patient_id: str | None, id_from_name: bool, sheet: Path | None) -> list[Order]:
    """What is to be imported.

    Args:
        files: The files.
        words: Options of all of them.
        patient_id: Of the only file.
        id_from_name: Whether files are named after patients.
        sheet: A CSV that names files and patients.

    Raises:
        ConfigurationError: It does not follow which file is of which patient.
        PatientError: An id is not allowed.
    """
    if sheet is not None:
        _exclude(bool(files) or bool(patient_id) or id_from_name, "--sheet names the files and the patients.")
        return _without_repetition(_orders_of_sheet(sheet, words))
    if not files:
        raise ConfigurationError("There is no file to import.", where="command line", next_step="Name files, or give --sheet samples.csv.")
    _exclude(patient_id is not None and id_from_name, "--id and --id-from-name exclude each other.")
    _exclude(patient_id is not None and len(files) > 1, "--id names the patient of one file.")
    if patient_id is not None:
        return [words.order(patient_id, _absolute(files[0]))]
    if id_from_name:
        return _without_repetition(words.order(_id_of(file), _absolute(file)) for file in files)
    raise ConfigurationError(
        "It is not said whose data they are.", where="command line",
        next_step="Give --id ID (a pseudonym), --id-from-name, or --sheet samples.csv with the columns id and file.",
    )  # fmt: skip


def orders_of_databases(
    settings: Settings, database: str | None, patient_id: str | None, *, every: bool, minimum_match_rate: float | None,
    schema: str | None = None, relation: str | None = None,
) -> list[Order]:  # fmt: skip
    """What is to be imported from databases of the old programs.

    Raises:
        ConfigurationError: Neither a database nor all of them are named.
        PatientError: An id does not follow from a name, or from several.
        ServerError: The server cannot be reached.
    """
    words = Words(minimum_match_rate=minimum_match_rate)
    if every == (database is not None):
        raise ConfigurationError("Name a database, or give --all.", where="command line", next_step="See `migrate --help`.")
    if every and (schema or relation):
        raise ConfigurationError(
            "--schema and --relation are of one database.", where="command line", next_step="Name the database in place of --all."
        )
    if database is not None:
        found = patient_id or patient_id_of(database)
        if found is None:
            raise PatientError(
                f"No patient's id follows from the name {database[:100]!r}.", where="name of the database",
                next_step=f"Give the id: mediabase patients migrate {shlex.quote(database)} ID",
            )  # fmt: skip
        return [words.order(found, source_of_database(database, schema, relation))]
    places = find_patient_databases(settings)
    if not places:
        raise PatientError("The server holds no database or schema of a patient.", where="all databases", next_step="Name one.")
    unnamed = [str(place) for place in places if place.patient_id is None]
    several = [f"{key} ({'; '.join(map(str, them))})" for key, them in of_one_id(places).items()]
    if unnamed or several:
        raise PatientError(
            f"It does not follow whose data these are: {'; '.join([*unnamed, *several])}.", where="all databases",
            next_step="Nothing was imported. Migrate them one by one: mediabase patients migrate DATABASE ID",
        )  # fmt: skip
    return [words.order(str(place.patient_id), source_of_database(place.database, place.schema)) for place in places]


def _orders_of_sheet(sheet: Path, words: Words) -> list[Order]:
    try:
        with sheet.open(newline="", encoding="utf-8-sig") as opened:
            dialect = csv.Sniffer().sniff(opened.readline(), ",;\t") if sheet.stat().st_size else csv.excel
            opened.seek(0)
            rows = list(csv.DictReader(opened, dialect=dialect, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"The sample sheet cannot be read: {error}.", where=str(sheet), next_step="Give a CSV.") from error
    if not rows or not {"id", "file"} <= rows[0].keys():
        raise ConfigurationError(
            "The sample sheet needs the columns id and file, and a row for each patient.", where=str(sheet),
            next_step="A third column, options, may hold what a file needs, such as --contrast A.",
        )  # fmt: skip
    return [
        _with_options(words, row.get("options") or "", f"{sheet}, row {number}").order(
            (row["id"] or "").strip(), _absolute(sheet.parent / (row["file"] or "").strip())
        )
        for number, row in enumerate(rows, start=1)
    ]


def _with_options(words: Words, text: str, where: str) -> Words:
    """The options of all files, with those of one."""
    parser = argparse.ArgumentParser(exit_on_error=False, add_help=False, allow_abbrev=False)
    parser.add_argument("--column", action="append")
    for field in dataclasses.fields(Words):
        if field.name != "column":
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=float if field.name == "minimum_match_rate" else str)
    try:
        given, unknown = parser.parse_known_args(shlex.split(text))
    except (argparse.ArgumentError, ValueError) as error:
        raise ConfigurationError(
            f"The options are wrong: {error}.", where=where, next_step="Write options as on a command line."
        ) from error
    if unknown:
        raise ConfigurationError(f"There is no option {unknown[0]}.", where=where, next_step="Write options as on the command line.")
    values = {name: value for name, value in vars(given).items() if value is not None and name != "column"}
    return dataclasses.replace(words, column=(*words.column, *(given.column or ())), **values)


def _without_repetition(orders: Iterable[Order]) -> list[Order]:
    """The orders; an id that occurs twice, ignoring case, is refused."""
    listed = list(orders)
    repeated = sorted(key for key, times in Counter(order.patient_id.lower() for order in listed).items() if times > 1)
    if repeated:
        raise ConfigurationError(
            f"Several are of one patient: {', '.join(repeated[:10])}.",
            where="command line",
            next_step="Give each file its own id.",
        )
    return listed


def _id_of(file: Path) -> str:
    found = id_of(file.name)
    if found is None:
        stem = file.name
        while Path(stem).suffix.lower() in ENDINGS:
            stem = Path(stem).stem
        return checked_patient_id(stem)
    return found


def _absolute(file: Path) -> str:
    return str(file.expanduser().absolute())


def _exclude(condition: bool, what: str) -> None:
    if condition:
        raise ConfigurationError(what, where="command line", next_step="See `mediabase patients import --help`.")
