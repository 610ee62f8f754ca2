"""The numbers of the report as MultiQC's custom content: general statistics, and one section for each account.

Contains the values; one file holds one table or plot, as MultiQC reads it (files named `*_mqc.json`). A migration is a sample.
"""

from collections.abc import Iterable
from typing import Any

from mediabase_assets.report.page.fates import OUTCOMES
from mediabase_assets.report.page.reader import Row

PARENT = {
    "parent_id": "mediabase", "parent_name": "MEDIABASE migration",
    "parent_description": "The legacy table of MEDIABASE, taken apart into normalized tables: every fact has one account.",
}  # fmt: skip
_COLOURS = {"kept": "#0072b2", "merged": "#56b4e9", "repaired": "#e69f00", "quarantined": "#d55e00", "archived": "#8792a0"}
#: General statistics: key of the headline, title, description, colour scale, whether it is hidden at first.
_STATISTICS = (
    ("legacy_rows", "Legacy rows", "rows of the legacy table", "Blues", False),
    ("legacy_genes", "Legacy genes", "genes in the legacy table", "Blues", True),
    ("genes", "Genes", "genes released", "Greens", False),
    ("transcripts", "Transcripts", "transcripts released", "Greens", False),
    ("rows_released", "Rows", "rows of all released tables", "Greens", True),
    ("facts", "Facts", "facts of the legacy table, each with an account", "Blues", True),
    ("quarantined", "Quarantined", "facts in quarantine", "Oranges", False),
    ("checks", "Checks", "checks that were made", "Blues", True),
    ("checks_warned", "Warned", "checks that warned", "Oranges", False),
    ("checks_failed", "Failed", "checks that failed", "Reds", False),
)


def files(document: Row) -> dict[str, Row]:
    """The files by name, without those that would hold nothing."""
    sample = document["migration"]["migration_id"]
    found = {
        "mediabase_mqc.json": _general(document, sample),
        "mediabase_facts_mqc.json": _bars(
            "facts", "Facts by outcome", "Where the facts of each column of the legacy table went.",
            {row["column"]: {name: row[name] for name in OUTCOMES} for row in document["columns"] if row["read"]},
            {name: {"name": name, "color": _COLOURS[name]} for name in OUTCOMES}, "facts",
        ),
        "mediabase_quarantine_mqc.json": _reasons(document, "quarantined", "Quarantine by reason"),
        "mediabase_repairs_mqc.json": _reasons(document, "repaired", "Repairs by reason"),
        "mediabase_tables_mqc.json": _bars(
            "tables", "Rows of the tables", "Rows of every released table.",
            {row["relation"]: {"rows": row["rows"]} for row in document["came_out"] if row["inserted"] is not None},
            {"rows": {"name": "rows", "color": "#0072b2"}}, "rows",
        ),
        "mediabase_speed_mqc.json": _speed(document),
        "mediabase_checks_mqc.json": _checks(document),
    }  # fmt: skip
    return {name: content for name, content in found.items() if content["data"]}


def _general(document: Row, sample: str) -> Row:
    headline = document["headline"]
    headers = [
        {
            key: {
                "namespace": "MEDIABASE",
                "title": title,
                "description": text,
                "format": "{:,.0f}",
                "min": 0,
                "scale": scale,
                "hidden": hidden,
            }
        }
        for key, title, text, scale, hidden in _STATISTICS
    ]
    data = {key: headline[key] for key, *_ in _STATISTICS if headline[key] is not None}
    verdict = {"verdict": {"namespace": "MEDIABASE", "title": "Verdict", "description": "the validation's verdict on the migration"}}
    return {
        "id": "mediabase_general", "plot_type": "generalstats", "pconfig": [*headers, verdict],
        "data": {sample: {**data, "verdict": headline["verdict"].replace("_", " ")}},
    }  # fmt: skip


def _section(id_: str, name: str, description: str, plot: str, data: Any, pconfig: Row, **more: Any) -> Row:
    return {
        "id": f"mediabase_{id_}", **PARENT, "section_name": name, "description": description, "plot_type": plot,
        "pconfig": {"id": f"mediabase_{id_}_plot", "title": f"MEDIABASE: {name}", **pconfig}, **more, "data": data,
    }  # fmt: skip


def _bars(id_: str, name: str, description: str, data: Row, categories: Row, unit: str) -> Row:
    pconfig = {"ylab": unit, "cpswitch_counts_label": f"Number of {unit}", "tt_decimals": 0}
    return _section(id_, name, description, "bargraph", data, pconfig, categories=categories)


def _reasons(document: Row, outcome: str, name: str) -> Row:
    rows = [row for row in document["reasons"] if row["outcome"] == outcome and row["facts"]]
    words = "Facts that are in no table, with the reason." if outcome == "quarantined" else "Facts that are in the tables, changed."
    return _table(outcome, name, words, ((row["reason"], {"facts": row["facts"], "meaning": row["sentence"]}) for row in rows), (
        ("facts", "Facts", "how many facts", "{:,.0f}"), ("meaning", "Meaning", "the sentence that a curator reads", None),
    ))  # fmt: skip


def _speed(document: Row) -> Row:
    rows = [
        (q["question"], {name: q[name] for name in ("legacy_ms", "views_ms", "times_faster") if q[name] is not None})
        for q in document["benchmark"]
    ]
    return _table("speed", "Speed of questions", "Medians of each question, asked of the legacy table and of the views.", rows, (
        ("legacy_ms", "Legacy, ms", "milliseconds from the legacy table", "{:,.2f}"),
        ("views_ms", "Views, ms", "milliseconds from the views", "{:,.2f}"),
        ("times_faster", "Times faster", "how many times faster the views are", "{:,.1f}"),
    ))  # fmt: skip


def _checks(document: Row) -> Row:
    rows = [
        (f"{c['asset']}: {c['check'].replace('_', ' ')}", {"outcome": c["outcome"], "finding": c["description"]})
        for c in document["checks"]
    ]
    return _table("checks", "Checks", "Every check of the migration; those that failed or warned come first.", rows, (
        ("outcome", "Outcome", "how it ended", None), ("finding", "Finding", "what it found", None),
    ))  # fmt: skip


def _table(
    id_: str, name: str, description: str, rows: Iterable[tuple[str, Row]], columns: Iterable[tuple[str, str, str, str | None]]
) -> Row:
    headers = {
        key: {"title": title, "description": text, **({"format": form, "min": 0} if form else {"scale": False})}
        for key, title, text, form in columns
    }
    return _section(
        id_, name, description, "table", dict(rows), {"no_violin": True, "col1_header": "", "sort_rows": False}, headers=headers
    )
