"""Decisions that come back in an exported file: each row with a decision becomes a rule.

Contains reading of the file and the rule as text; the result is read as any file of rules before it is written, so that a mistake is found
with its line.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mediabase_assets.curation.rule import CARRIED
from mediabase_assets.curation.suggestion import match_of, rule_text
from mediabase_assets.model.errors import ConfigurationError
from mediabase_assets.model.quantities import counted

#: Columns of an exported file that are empty, for people to fill in.
BLANK = ("decision", "value", "why", "who", "when")
#: Columns that a decision needs.
_NEEDED = ("id", "reason", "legacy_column", "json_path", "decision")
_DECISIONS = ("keep as", "map to", "map key to", "drop", "accept")
#: With one of these a spreadsheet takes a cell for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def escaped(text: str) -> str:
    """A text that a spreadsheet takes for a text.

    >>> escaped("=1+1"), escaped("TP53"), escaped("'quoted")
    ("'=1+1", 'TP53', "'quoted")
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def unescaped(text: str) -> str:
    """The text that was escaped.

    >>> unescaped("'=1+1"), unescaped("'quoted")
    ('=1+1', "'quoted")
    """
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def rules_from(path: Path, *, who: str = "", why: str = "") -> tuple[str, int]:
    """The rules of a file with decisions as the text of a file of rules, and their number.

    Args:
        path: CSV, TSV, Parquet or JSON as `mediabase quarantine export` writes it.
        who: Who decided, where a row does not say it.
        why: Why, where a row does not say it.

    Raises:
        ConfigurationError: The file cannot be read, lacks columns, or a decision is none.
    """
    rows = list(_rows(path))
    missing = [name for name in _NEEDED if rows and name not in rows[0][1]]
    if missing:
        raise _error(path, f"The file lacks {', '.join(missing)}.", "Give a file that `mediabase quarantine export` wrote.")
    texts: dict[str, str] = {}
    for line, row in rows:
        if str(row.get("decision") or "").strip():
            rule_id, text = _rule(path, line, row, who, why)
            texts.setdefault(rule_id, text)
    if not texts:
        raise _error(
            path, f"The file has {counted(len(rows), 'row')} and no decision.",
            f"Write one of {', '.join(_DECISIONS)} into the column `decision`.",
        )  # fmt: skip
    return "\n".join(["rules:", *texts.values(), ""]), len(texts)


def _rule(path: Path, line: int, row: Mapping[str, Any], who: str, why: str) -> tuple[str, str]:
    decision = " ".join(str(row["decision"]).split()).lower()
    if decision not in _DECISIONS:
        raise _error(path, f"Row {line}: {row['decision']!r} is no decision.", f"Write one of {', '.join(_DECISIONS)}.")
    told = {name: str(row.get(name) or "").strip() for name in ("value", "why", "who", "when")}
    told["who"], told["why"] = told["who"] or who, told["why"] or why
    absent = [name for name in ("who", "why") if not told[name]]
    if decision in ("keep as", "map to", "map key to") and not told["value"]:
        absent.append("value")
    if absent:
        raise _error(
            path, f"Row {line}: {decision} needs {' and '.join(absent)}.", "Fill the column in; --who and --why give those for all rows."
        )
    column = str(row["legacy_column"])
    if column not in CARRIED:
        raise _error(path, f"Row {line}: there is no column {column!r}.", "Give a file that `mediabase quarantine export` wrote.")
    raw = row.get("raw_value")
    is_change = decision in ("keep as", "map to", "map key to")
    match = match_of(
        column=column, path=str(row["json_path"]), gene=str(row.get("gene_id") or ""), transcript=str(row.get("transcript_id") or ""),
        value=raw, has_value=is_change and decision != "map key to", reason="" if is_change else str(row["reason"]),
    )  # fmt: skip
    rule_id = f"q-{str(row['id'])[:12]}"
    value: Any = {"drop": True, "accept": "all"}.get(decision, told["value"])
    if is_change and decision != "map key to":
        value = _value(told["value"], column, raw)
    day = told["when"] or f"{datetime.now(UTC):%Y-%m-%d}"
    return rule_id, rule_text(rule_id, match, decision, value, who=told["who"], why=told["why"], when=day)


def _value(text: str, column: str, raw: Any) -> Any:
    """The value of a cell: JSON where the raw value is no text, or the column holds objects; else the text."""
    if column == "expression_fold_change" or isinstance(raw, dict | list | int | float) or text.startswith(("{", "[")):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a file with their numbers; raw values as JSON."""
    try:
        if path.suffix.lower() == ".json":
            rows = json.loads(path.read_text(encoding="utf-8"))
            yield from enumerate(map(dict, rows), 1)
            return
        if path.suffix.lower() == ".parquet":
            found = pq.read_table(path).to_pylist()
        else:
            with path.open(encoding="utf-8-sig", newline="") as file:
                text = file.read()
            csv.field_size_limit(1 << 30)
            head = text.partition("\n")[0]
            delimiter = max(("\t", ";", ","), key=head.count)
            found = [
                {k: unescaped(v or "") for k, v in row.items() if k}
                for row in csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter)
            ]
        for line, row in enumerate(found, 2):
            raw = row.get("raw_value")
            yield line, row | {"raw_value": None if raw in (None, "") else json.loads(raw)}
    except (OSError, UnicodeDecodeError, ValueError, TypeError, csv.Error, pa.ArrowException) as error:
        raise _error(
            path, f"The file with decisions cannot be read: {error}.", "Give a file that `mediabase quarantine export` wrote."
        ) from error


def _error(path: Path, what: str, next_step: str) -> ConfigurationError:
    return ConfigurationError(what, where=str(path), next_step=next_step)
