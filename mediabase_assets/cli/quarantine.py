"""`mediabase quarantine`: its options in, exit codes out. What the commands do is in the modules `quarantine_…` beside.

They are imported inside the commands, so that `mediabase --help` answers at once.
"""

from pathlib import Path
from typing import Annotated

import typer

from mediabase_assets.cli.command import settings_of, with_exit_code
from mediabase_assets.cli.options import ConfigFile
from mediabase_assets.cli.output import Exit, terminal

quarantine = typer.Typer(
    help="What is not in the tables because of damage: what it is, why, and what a curator decides about it.",
    epilog="Exit codes: 0 done, 1 there is no such entry or migration, 2 wrong usage or a wrong file of rules, 130 interrupted.",
    no_args_is_help=True,
)
rules = typer.Typer(help="Decisions of curators: check a file of rules, or make one from decisions in a spreadsheet.", no_args_is_help=True)
quarantine.add_typer(rules, name="rules")

Reason = Annotated[list[str] | None, typer.Option("--reason", help="Only for this reason; repeatable.", show_default=False)]
Gene = Annotated[str, typer.Option("--gene", help="Only of this gene: id or symbol.", show_default=False)]
Transcript = Annotated[str, typer.Option("--transcript", help="Only of this legacy row.", show_default=False)]
Column = Annotated[list[str] | None, typer.Option("--column", help="Only of this legacy column; repeatable.", show_default=False)]
Asset = Annotated[str, typer.Option("--asset", help="Only what this asset set aside.", show_default=False)]
Text = Annotated[str, typer.Option("--text", help="Only where the raw value has this text.", show_default=False)]
Migration = Annotated[str | None, typer.Option("--migration", metavar="ID", help="Another migration than that of the live release.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, for programs.")]


@quarantine.command("list")
@with_exit_code
def list_(
    reason: Reason = None,
    gene: Gene = "",
    transcript: Transcript = "",
    column: Column = None,
    asset: Asset = "",
    text: Text = "",
    migration: Migration = None,
    limit: Annotated[int, typer.Option(min=1, help="Entries of a page.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="Entries before the page.")] = 0,
    as_json: AsJson = False,
    config_file: ConfigFile = None,
) -> Exit:
    """List entries, a page at a time, in a fixed order."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.quarantine_show import filters_of, show_list

    filters = filters_of(reason, gene, transcript, column, asset, text)
    return show_list(settings, filters, migration, limit=limit, offset=offset, as_json=as_json, console=terminal())


@quarantine.command()
@with_exit_code
def show(
    entry_id: Annotated[str, typer.Argument(metavar="ID", help="The entry, or the beginning of its id.")],
    migration: Migration = None,
    as_json: AsJson = False,
    config_file: ConfigFile = None,
) -> Exit:
    """Show an entry whole: raw value, reason, the legacy row, the winner, and rules to paste that decide about it."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.quarantine_show import show_entry

    return show_entry(settings, entry_id, migration, as_json=as_json, console=terminal())


@quarantine.command()
@with_exit_code
def summary(
    by: Annotated[str, typer.Option("--by", help="reason, column or asset.")] = "reason",
    reason: Reason = None,
    gene: Gene = "",
    transcript: Transcript = "",
    column: Column = None,
    asset: Asset = "",
    text: Text = "",
    migration: Migration = None,
    as_json: AsJson = False,
    config_file: ConfigFile = None,
) -> Exit:
    """Count entries and facts by reason, column or asset, with their share and the difference to the release before."""
    settings = settings_of(config_file)
    from mediabase_assets.cli.quarantine_show import filters_of, show_summary

    filters = filters_of(reason, gene, transcript, column, asset, text)
    return show_summary(settings, filters, migration, by=by, as_json=as_json, console=terminal())


@quarantine.command()
@with_exit_code
def export(
    output: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; one that exists is replaced.")],
    file_format: Annotated[
        str | None, typer.Option("--format", help="csv, tsv, parquet or json; by default from the name.", show_default=False)
    ] = None,
    reason: Reason = None,
    gene: Gene = "",
    transcript: Transcript = "",
    column: Column = None,
    asset: Asset = "",
    text: Text = "",
    migration: Migration = None,
    config_file: ConfigFile = None,
) -> Exit:
    """Write entries to a file for a spreadsheet, with empty columns for decisions.

    Filled in, it comes back by `mediabase quarantine rules from FILE`.
    """
    settings = settings_of(config_file)
    from mediabase_assets.cli.quarantine_show import export_entries, filters_of

    filters = filters_of(reason, gene, transcript, column, asset, text)
    return export_entries(settings, filters, migration, output, file_format, console=terminal())


@rules.command("check")
@with_exit_code
def check(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The file; by default the one that the settings name.")] = None,
    as_json: AsJson = False,
    config_file: ConfigFile = None,
) -> Exit:
    """Read a file of rules and tell how many values each rule matches now; nothing is migrated or changed.

    Exit codes: 0 every rule matches, 1 one matches nothing or leads to what does not exist, 2 the file is wrong.
    """
    settings = settings_of(config_file, curation={"rules_file": str(file)} if file else None)
    from mediabase_assets.cli.quarantine_rules import check_rules

    return check_rules(settings, as_json=as_json, console=terminal())


@rules.command("from")
@with_exit_code
def from_(
    decisions: Annotated[Path, typer.Argument(metavar="FILE", help="An exported file, with decisions filled in.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file of rules to write; standard output.")] = None,
    who: Annotated[str, typer.Option("--who", help="Who decided, where a row does not say it.", show_default=False)] = "",
    why: Annotated[str, typer.Option("--why", help="Why, where a row does not say it.", show_default=False)] = "",
) -> Exit:
    """Make a file of rules from an exported file whose column `decision` was filled in."""
    from mediabase_assets.cli.quarantine_rules import write_rules

    return write_rules(decisions, output, who=who, why=why, console=terminal())
