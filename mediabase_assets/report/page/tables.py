"""The tables of the page: which columns of the document each has, in which order, under which header.

Contains no numbers of its own: sums below a table are those of its rows.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from mediabase_assets.model.quantities import number
from mediabase_assets.report.page.cells import Table, clean, table
from mediabase_assets.report.page.drawings.plots import shares
from mediabase_assets.report.page.fates import OUTCOMES
from mediabase_assets.report.page.reader import Row

#: Genes of a conflict that are named.
SHOWN = 3
_FACTS = [(name, name, "number") for name in OUTCOMES]


def _summed(rows: Iterable[Row], first: str, words: str, *names: str) -> Row:
    rows = list(rows)
    return {first: words, **{name: sum(row.get(name) or 0 for row in rows) for name in names}}


def tables_of(document: Row) -> dict[str, Table]:
    """All tables of the page, by id."""
    made = [
        *_origin(document), *_facts(document), *_reasons(document), *_conflicts(document), *_checks(document), *_course(document),
        *_storage(document), *_surroundings(document),
    ]  # fmt: skip
    return {t.id: t for t in made}


def _origin(document: Row) -> list[Table]:
    came_in = document["came_in"]
    relations = [{**row, "what": _what(row)} for row in document["came_out"]]
    columns = (
        ("relation", "relation", "code"), ("rows", "rows", "number"), ("size_bytes", "size", "bytes"),
        ("description", "one row is", "long"),
        ("what", "what the release did"),
    )  # fmt: skip
    return [
        table("id-forms", "Rows by the form of their ids", [("description", "ids", "long"),
        ("rows", "rows", "number")], came_in["id_forms"]),
        table("tables", "Normalized tables", columns, [r for r in relations if r["kind"] != "view"]),
        table("views", "Views over them", columns, [r for r in relations if r["kind"] == "view"]),
    ]  # fmt: skip


_DONE = {
    "moved": "new: moved into place", "created": "new: created", "difference": "only rows that differ were written",
    "kept": "unchanged", "refreshed": "refreshed", "replaced": "replaced by its new definition",
}  # fmt: skip


def _what(row: Row) -> str:
    changed = [f"{number(row[name])} {name}" for name in ("inserted", "updated", "deleted") if row[name]]
    done = _DONE.get(row["how"], row["how"] or "")
    return f"{done} ({', '.join(changed)})" if changed and row["how"] != "moved" else done


def _facts(document: Row) -> list[Table]:
    rows = [{**row, "shares": shares(row)} for row in document["columns"]]
    return [
        table(
            "columns", "Facts of every column of the legacy table, by what became of them",
            [("column", "column", "code"), ("shares", "shares", "markup"), ("read", "facts", "number"), *_FACTS],
            rows, _summed(rows, "column", "all columns", "read", *OUTCOMES) if rows else None,
        ),
        table(
            "flows", "Facts by column and destination: the numbers of the picture",
            [("column", "column", "code"), ("destination", "destination", "code"), ("outcome", "outcome"), ("facts", "facts", "number")],
            document["flows"], _summed(document["flows"], "column", "all", "facts") if document["flows"] else None,
        ),
        table(
            "round-trip", "What the tables give back, compared with the legacy table fact by fact",
            [("explanation", "compared with the legacy table"), ("sentence", "why", "long"), ("facts", "facts", "number")],
            document["round_trip"], _summed(document["round_trip"], "explanation", "all", "facts") if document["round_trip"] else None,
        ),
        table("census", "Every single value of the legacy table, whatever its depth", [("account", "account"),
        ("leaves", "values", "number")],
              document["census"], _summed(document["census"], "account", "all", "leaves") if document["census"] else None),
    ]  # fmt: skip


def _reasons(document: Row) -> list[Table]:
    found = []
    for outcome, words in (("quarantined", "Facts in quarantine by reason"), ("repaired", "Repaired facts by reason")):
        rows = [r for r in document["reasons"] if r["outcome"] == outcome and r["facts"]]
        total = sum(r["facts"] for r in rows)
        rows = [{**r, "share": r["facts"] / total, "where": ", ".join(c for c, n in sorted(r["columns"].items()) if n)} for r in rows]
        found.append(table(
            f"reasons-{outcome}", words,
            [("reason", "reason", "code"), ("facts", "facts", "number"), ("share", "share", "percent"),
             ("sentence", "what it means", "long"),
             ("where", "columns", "long")],
            rows, _summed(rows, "reason", "all reasons", "facts") if rows else None,
        ))  # fmt: skip
        samples = [s for s in document["samples"] if s["outcome"] == outcome]
        fixed: list[tuple[str, ...]] = (
            [("repaired_value", "became", "raw")] if outcome == "repaired" else [("winner", "kept instead", "code")]
        )
        found.append(table(
            f"samples-{outcome}", "Samples: at most three of each reason and column",
            [("reason", "reason", "code"), ("column", "column", "code"), ("gene_id", "gene", "code"),
             ("transcript_id", "transcript", "code"),
             ("path", "path", "code"), ("raw_value", "value", "raw"), *fixed],
            samples,
        ))  # fmt: skip
    found.append(table(
        "set-aside", "Values set aside by themselves: their fact is in the tables without them",
        [("reason", "reason", "code"), ("values", "values", "number"), ("sentence", "what it means", "long")], document["set_aside"],
    ))  # fmt: skip
    return found


def _conflicts(document: Row) -> list[Table]:
    rows = [{**row, "others": _named([g["gene_id"] for g in row["genes"]], row["losers"])} for row in document["conflicts"]["largest"]]
    return [
        table(
            "conflicts", "Symbols that several genes share: the largest conflicts",
            [("symbol", "symbol", "code"), ("winner", "keeps it", "code"), ("score", "score", "number"), ("losers", "set aside", "number"),
             ("why", "decided by", "long"), ("others", "genes that were set aside", "long")],
            rows,
        )
    ]  # fmt: skip


def _named(genes: Sequence[str], all_: int) -> str:
    """Some genes, and how many more there are.

    >>> _named(["a", "b", "c", "d"], 755)
    'a, b, c and 752 more'
    """
    shown = genes[:SHOWN]
    return ", ".join(map(str, shown)) + (f" and {number(all_ - len(shown))} more" if all_ > len(shown) else "")


def _checks(document: Row) -> list[Table]:
    rows = [
        {**row, "name": row["check"].replace("_", " "), "numbers": _numbers(row["examined"]), "failures": row["failures"] or None}
        for row in document["checks"]
    ]
    return [
        table(
            "checks", "Every check",
            [("outcome", "outcome", "badge"), ("asset", "of", "code"), ("description", "finding", "long"),
             ("failures", "failures", "number"),
             ("numbers", "examined", "long"), ("checked_at", "checked", "moment")],
            rows,
        )
    ]  # fmt: skip


def _numbers(examined: Row) -> str:
    """What a check examined, its numbers only, as a phrase."""
    shown = [
        f"{number(v) if isinstance(v, int) else v} {k}"
        for k, v in examined.items()
        if isinstance(v, int | float) and not isinstance(v, bool)
    ]
    return ", ".join(shown)


def sample_tables(document: Row) -> list[tuple[Row, Table]]:
    """Checks that failed or warned, each with the rows that show it."""
    found = []
    for place, check in enumerate(c for c in document["checks"] if c["outcome"] in ("failed", "warned")):
        names = list(dict.fromkeys(name for row in check["sample"] for name in row))
        found.append(
            (check, table(f"sample-{place}", "Rows that show it", [(name, clean(name), "raw") for name in names], check["sample"]))
        )
    return found


def _course(document: Row) -> list[Table]:
    steps = [s for s in document["steps"] if s["status"] != "kept"]
    return [
        table(
            "stages", "Time by stage: seconds in which any asset of the stage was worked on, and the sum over its assets",
            [("stage", "stage", "number"), ("title", "name"), ("made", "built", "number"), ("kept", "kept", "number"),
             ("worked", "worked on", "seconds"), ("work", "sum of assets", "seconds"), ("rows", "rows", "number")],
            document["stages"],
        ),
        table(
            "steps", "Every asset that was built",
            [("asset", "asset", "code"), ("title", "stage"), ("status", "outcome", "badge"), ("started_at", "began", "moment"),
             ("seconds", "took", "seconds"), ("build_seconds", "building", "seconds"), ("audit_seconds", "auditing", "seconds"),
             ("rows", "rows", "number")],
            steps,
        ),
        table(
            "benchmark", "Medians of each question, milliseconds",
            [("question", "question", "long"), ("kind", "kind"), ("legacy_ms", "legacy table", "milliseconds"),
             ("views_ms", "views", "milliseconds"),
             ("times_faster", "faster", "times"), ("comparison", "answers", "long")],
            document["benchmark"],
        ),
        _metrics(document["metrics"]),
    ]  # fmt: skip


#: What was recorded of a measurement beside what was measured.
_NOT_SHOWN = frozenset({"run_id", "host", "process_id", "stage", "status", "started_at", "finished_at", "basis", "samples", "row_count"})


def _metrics(rows: Sequence[Row]) -> Table:
    """What was measured of every asset: the columns that were recorded, numbers at the right."""
    found = (name for row in rows for name, value in row.items() if not isinstance(value, dict | list | type(None)))
    names = [name for name in dict.fromkeys(found) if name not in _NOT_SHOWN]
    names.sort(key=lambda name: name != "asset")

    def kind(name: str) -> str:
        values = [row.get(name) for row in rows]
        if not all(v is None or (isinstance(v, int | float) and not isinstance(v, bool)) for v in values):
            return "text"
        return "bytes" if name.endswith("bytes") else "seconds" if name.endswith("seconds") else "number"

    def rounded(value: Any) -> Any:
        return round(value, 2) if isinstance(value, float) else value

    columns = [(name, name.replace("_", " "), kind(name)) for name in names]
    return table("metrics", "Measured while it was built", columns, [{name: rounded(v) for name, v in row.items()} for row in rows])


def _storage(document: Row) -> list[Table]:
    parts = [
        ("heap_bytes", "rows", "bytes"),
        ("toast_bytes", "large values", "bytes"),
        ("index_bytes", "indexes", "bytes"),
        ("total_bytes", "all", "bytes"),
    ]
    reasons = [{**r, "change": r["now"] - r["before"]} for r in document["differences"]["reasons"]]
    return [
        table("storage", "Bytes of every relation", [("relation", "relation", "code"), ("group", "group"), *parts], document["storage"]),
        table(
            "changed", "Rows that the release changed",
            [("relation", "table", "code"), ("rows", "rows now", "number"), ("inserted", "inserted", "number"),
             ("updated", "updated", "number"),
             ("deleted", "deleted", "number")],
            rows := [r for r in document["came_out"] if r["inserted"] is not None],
            _summed(rows, "relation", "all tables", "rows", "inserted", "updated", "deleted") if rows else None,
        ),
        table(
            "reasons-changed", "Reasons whose number of facts differs from the last release",
            [("reason", "reason", "code"), ("outcome", "outcome"), ("before", "before", "number"), ("now", "now", "number"),
             ("change", "change", "number")],
            reasons,
        ),
    ]  # fmt: skip


_SETTING = (("setting", "setting", "code"), ("value", "value", "raw"), ("description", "meaning", "long"))


def _surroundings(document: Row) -> list[Table]:
    settings = document["settings"]
    findings = [
        {"name": f["name"].replace("_", " "), "outcome": "passed" if f["passed"] else "failed"}
        for f in document["backup"].get("findings", [])
    ]
    return [
        table("settings", "Settings that are not the default, when this page was written", _SETTING,
        [s for s in settings if not s["is_default"]]),
        table("defaults", "Settings that are the default", _SETTING, [s for s in settings if s["is_default"]]),
        table("backup", "What was verified of the backup", [("name", "question"), ("outcome", "outcome", "badge")], findings),
    ]  # fmt: skip
