"""`mediabase quarantine rules`: a file of rules is checked, or made from decisions in an exported file.

Contains the order of steps; rules are in `curation`.
"""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from mediabase_assets.cli.db import ensure_started
from mediabase_assets.cli.output import Exit, terminal, waiting
from mediabase_assets.cli.quarantine_tables import json_text, table_of
from mediabase_assets.curation.concern import concerned
from mediabase_assets.curation.decisions import rules_from
from mediabase_assets.curation.file import read_rules, rules_of
from mediabase_assets.curation.records import problem_of
from mediabase_assets.extraction.rules_check import count_matches
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.quantities import counted, number
from mediabase_assets.postgres.session import build_session
from mediabase_assets.settings.load import Settings


def check_rules(settings: Settings, *, as_json: bool, console: Console) -> Exit:
    """Tell what each rule of the file matches now.

    Raises:
        ConfigurationError: The file is wrong, or two rules match one value.
        ServerError: The server cannot be reached.
    """
    rules = rules_of(settings)
    if not rules.path:
        raise ConfigurationError(
            "No file of rules is named.", where="curation.rules_file", next_step="Give it: mediabase quarantine rules check FILE."
        )
    talk = terminal(stderr=True) if as_json else console
    ensure_started(talk, settings)
    with waiting(talk, f"Matching {counted(len(rules), 'rule')} with the legacy table …"), build_session(
        settings, migration_id="", asset="rules"
    ) as conn:  # fmt: skip
        matched = count_matches(conn, settings, rules)
    rows: list[dict[str, Any]] = [
        {
            "rule": rule.id, "line": rule.line, "decision": "map key to" if rule.is_key else rule.decision.value,
            "matched": matched.get(rule.id, 0), "problem": problem_of(rule, matched.get(rule.id, 0)).get("problem"),
            "concerns": concerned(rule), "match": rule.match, "value": rule.value,
        }
        for rule in rules
    ]  # fmt: skip
    has_problems = any(row["problem"] for row in rows)
    if as_json:
        console.out(json_text({"file": rules.path, "rules": rows}), highlight=False)
        return Exit.FAILED if has_problems else Exit.OK
    table = table_of(("Rule", "Line", "Decision", "Matches", "Problem"), right=(1, 3))
    for row in rows:
        table.add_row(
            escape(row["rule"]), str(row["line"]), row["decision"], number(row["matched"]), f"[yellow]{escape(row['problem'] or '')}[/]"
        )  # fmt: skip
    console.print(table)
    console.print(f"{counted(len(rows), 'rule')} in {escape(rules.path)}; nothing was changed.", soft_wrap=True)
    return Exit.FAILED if has_problems else Exit.OK


def write_rules(decisions: Path, output: Path | None, *, who: str, why: str, console: Console) -> Exit:
    """Write the rules that the decisions of an exported file make.

    Raises:
        ConfigurationError: The file cannot be read, or a decision is wrong.
    """
    text, number_of_rules = rules_from(decisions, who=who, why=why)
    if output is None:
        console.out(text, end="", highlight=False)
        return Exit.OK
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"The file cannot be written: {error.strerror}.", where=str(output), next_step="Give a path in a folder that you may write to."
        ) from error
    read_rules(output)
    console.print(
        f"{counted(number_of_rules, 'rule')} in {escape(str(output))}. Next: mediabase quarantine rules check {escape(str(output))}",
        soft_wrap=True,
    )
    return Exit.OK
