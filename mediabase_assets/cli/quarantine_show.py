"""`mediabase quarantine list`, `show`, `summary` and `export`: questions to the quarantine.

Contains the order of steps; the questions are in `report.quarantine`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from mediabase_assets.cli.db import ensure_started
from mediabase_assets.cli.output import Exit, terminal, waiting
from mediabase_assets.cli.quarantine_tables import json_text, print_entries, print_entry, small, table_of
from mediabase_assets.curation.offers import offers
from mediabase_assets.curation.reading import nearest
from mediabase_assets.curation.rule import CARRIED
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.quantities import counted, number
from mediabase_assets.postgres.connect import Session, connect
from mediabase_assets.report import quarantine as asked
from mediabase_assets.report.quarantine import SENTENCES, Filters
from mediabase_assets.settings.load import Settings

_BY = ("reason", "column", "asset")


def filters_of(
    reasons: list[str] | None, gene: str, transcript: str, columns: list[str] | None, asset: str, text: str
) -> Filters:  # fmt: skip
    """The filters of a command.

    Raises:
        ConfigurationError: There is no such reason or column.
    """
    for option, given, known in (("--reason", reasons or (), SENTENCES), ("--column", columns or (), CARRIED)):
        for value in given:
            if value not in known:
                raise ConfigurationError(
                    f"There is no {option.strip('-')} {value!r}; {nearest(value, known)}.", where=option,
                    next_step="`mediabase quarantine summary` shows what there is.",
                )  # fmt: skip
    return Filters(tuple(reasons or ()), gene, transcript, tuple(columns or ()), asset, text)


@contextmanager
def _session(settings: Settings, console: Console, wanted: str | None) -> Iterator[tuple[Session, str]]:
    """A session, and the migration that is asked for.

    Raises:
        QuarantineError: There is no such migration.
    """
    ensure_started(console, settings)
    with connect(settings, autocommit=True, application_name="mediabase quarantine") as conn:
        yield conn, asked.migration_of(conn, settings, wanted)


def show_list(
    settings: Settings, filters: Filters, wanted: str | None, *, limit: int, offset: int, as_json: bool, console: Console
) -> Exit:  # fmt: skip
    """Print a page of entries and their number.

    Raises:
        QuarantineError: There is no such migration.
    """
    with _session(settings, terminal(stderr=True) if as_json else console, wanted) as (conn, migration):
        total = asked.count_entries(conn, settings, migration, filters)
        entries = asked.list_entries(conn, settings, migration, filters, limit=limit, offset=offset)
    if as_json:
        shown = [e.as_row() for e in entries]
        console.out(json_text({"migration": migration, "total": total, "offset": offset, "entries": shown}), highlight=False)
        return Exit.OK
    if entries:
        print_entries(console, entries)
    last = offset + len(entries)
    told = f"{number(offset + 1)} to {number(last)} of " if entries and len(entries) < total else ""
    console.print(f"{told}{counted(total, 'entry', 'entries')} of migration {migration}.", soft_wrap=True)
    if last < total and entries:
        console.print(f"The next page: --offset {last}; one entry whole: mediabase quarantine show ID", soft_wrap=True)
    return Exit.OK


def show_entry(settings: Settings, entry_id: str, wanted: str | None, *, as_json: bool, console: Console) -> Exit:
    """Print an entry whole.

    Raises:
        QuarantineError: There is no such entry.
    """
    with _session(settings, terminal(stderr=True) if as_json else console, wanted) as (conn, migration):
        entry = asked.find_entry(conn, settings, migration, entry_id)
        legacy = asked.legacy_row_of(conn, settings, entry.transcript_id)
        winner = asked.winner_of(conn, settings, entry.winner)
    rules = offers(
        entry.id, reason=entry.reason, column=entry.legacy_column, path=entry.json_path, gene=entry.gene_id or "",
        transcript=entry.transcript_id or "", value=entry.raw_value,
    )  # fmt: skip
    if as_json:
        console.out(
            json_text({**entry.as_row(), "legacy_row": legacy and small(legacy), "winner_data": winner, "rules": rules}), highlight=False
        )
    else:
        print_entry(console, entry, legacy, winner, rules)
    return Exit.OK


def show_summary(settings: Settings, filters: Filters, wanted: str | None, *, by: str, as_json: bool, console: Console) -> Exit:
    """Print counts by reason, column or asset.

    Raises:
        ConfigurationError: Something else is asked for.
        QuarantineError: There is no such migration.
    """
    if by not in _BY:
        raise ConfigurationError(f"There is no summary by {by!r}; {nearest(by, _BY)}.", where="--by", next_step=f"Give {', '.join(_BY)}.")
    with _session(settings, terminal(stderr=True) if as_json else console, wanted) as (conn, migration):
        rows = asked.summary(conn, settings, migration, filters, by)
        before = asked.release_before(conn, migration)
    if as_json:
        console.out(json_text({"migration": migration, "release before": before, "by": by, "rows": rows}), highlight=False)
        return Exit.OK
    has_words = by == "reason" and console.width >= 100
    names = (by.capitalize(), "Entries", "Share", "Facts", "Change", *(("What it means",) if has_words else ()))
    table = table_of(names, right=(1, 2, 3, 4), cut=(5,) if has_words else ())
    for row in rows:
        change = "" if row["change"] is None else f"{row['change']:+,}" if row["change"] else "·"
        words = (escape(SENTENCES.get(str(row[by]), "")),) if has_words else ()
        table.add_row(escape(str(row[by])), number(row["entries"]), f"{row['share']:.1%}", number(row["facts"]), change, *words)
    if rows:
        console.print(table)
    total = sum(int(row["entries"]) for row in rows)
    compared = f"; compared with {before}" if before else "; there is no release before to compare with"
    console.print(f"{counted(total, 'entry', 'entries')} of migration {migration}{compared}.", soft_wrap=True)
    return Exit.OK


def export_entries(
    settings: Settings, filters: Filters, wanted: str | None, output: Path, file_format: str | None, *, console: Console
) -> Exit:  # fmt: skip
    """Write entries to a file.

    Raises:
        QuarantineError: There is no such migration, or the file cannot be written.
    """
    from mediabase_assets.report.quarantine_files import format_of, write_entries  # pyarrow, which the others do not need

    chosen = format_of(output, file_format)
    with _session(settings, console, wanted) as (conn, migration), waiting(console, f"Reading the quarantine of {migration} …"):
        entries = asked.list_entries(conn, settings, migration, filters)
    write_entries(entries, output, chosen)
    console.print(
        f"{counted(len(entries), 'entry', 'entries')} of migration {migration} in {escape(str(output))}. "
        f"Fill in the column `decision`, then: mediabase quarantine rules from {escape(str(output))}", soft_wrap=True,
    )  # fmt: skip
    return Exit.OK
