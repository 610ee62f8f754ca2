"""The options of `mediabase` that several commands share, and those of `mediabase migrate`.

Contains names, types and help texts. Defaults are in the signatures of `app`, as typer wants them.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

DEMO_TRANSCRIPTS = 10_000


class SymbolConflicts(StrEnum):
    """What becomes of genes that share a symbol."""

    KEEP_BEST = "keep_best"
    QUALIFY = "qualify"


ConfigFile = Annotated[
    Path | None,
    typer.Option("--config-file", help="YAML or JSON file of settings. Without it, the one that MEDIABASE_CONFIG names."),
]
RulesFile = Annotated[
    Path | None,
    typer.Option("--rules", metavar="FILE", help="YAML file of curators' decisions. Without it, curation.rules_file or MEDIABASE_RULES."),
]
SkipConfirmation = Annotated[bool, typer.Option("--skip-confirmation", help="Do not ask before writing.")]

Demonstration = Annotated[bool, typer.Option("--demo", help="Generate a demonstration legacy table first, if there is no legacy table.")]
DemoTranscripts = Annotated[
    int | None,
    typer.Option(min=1, help=f"Size of the demonstration; {DEMO_TRANSCRIPTS:,} by default.", show_default=False),
]
LegacyFrom = Annotated[
    Path | None,
    typer.Option(help="Load the legacy table from a Parquet file, a pg_dump archive or an SQL script first."),
]
Everything = Annotated[bool, typer.Option("--everything", help="Rebuild everything, even what is up to date.")]
ConflictPolicy = Annotated[
    SymbolConflicts | None,
    typer.Option(help="One symbol, many genes: keep the best and quarantine the others, or name these SYMBOL@GENE_ID."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Build and audit everything, report what would change, and drop it.")]
TestOnly = Annotated[bool, typer.Option("--test-only", help="Migrate a sample of every kind of damage, and remove it.")]
RollbackOnFailure = Annotated[
    bool, typer.Option("--rollback-on-failure", help="Remove everything that was built if a first migration fails.")
]
