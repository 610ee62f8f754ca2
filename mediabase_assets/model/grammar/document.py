"""The grammar as a page for people. Contains the layout only; the facts are the grammar's."""

from collections.abc import Iterator

from mediabase_assets.model.grammar import GRAMMAR, Fate, Leaf
from mediabase_assets.model.legacy import LEGACY_COLUMNS, OTHER_VERSIONS_COLUMNS
from mediabase_assets.model.legacy import Fate as ColumnFate

_HEAD = """# The grammar of the legacy table

For each column of `cancer_transcript_base` and each JSON path: what is read there, and where it goes. A scalar that none of these lines
takes is put in quarantine with its path and raw value. `<…>` stands for a key of that form, `[*]` for a member of a list, `**` for
everything below that no other line takes. A text may be blank, which reads as unknown; a number may be given as text.
Made by `python -m mediabase_assets.model.grammar`; a test sees that it is up to date.
"""


def document() -> str:
    """The whole page in Markdown."""
    return "\n".join([_HEAD, *_columns(), ""])


def _columns() -> Iterator[str]:
    for column in (*LEGACY_COLUMNS, *OTHER_VERSIONS_COLUMNS):
        yield f"## {column.name}"
        yield ""
        yield column.description
        yield ""
        if column.fate is ColumnFate.ARCHIVED:
            yield f"Archived: {column.why}. It stays in the backup."
            yield ""
            continue
        yield "| path | form | longest, bytes | goes to |"
        yield "|---|---|---:|---|"
        for path, leaf in GRAMMAR[column.name].leaves():
            yield f"| `{path}` | {_cell(leaf.form)} | {leaf.longest or ''} | {_goes(leaf)} |"
        yield ""


def _cell(form: str) -> str:
    return form if form == "any text" or form.startswith("a number") else "`" + form.replace("|", "\\|") + "`"


def _goes(leaf: Leaf) -> str:
    if leaf.fate is Fate.ARCHIVED:
        return f"archived: {leaf.why}"
    return ", ".join(leaf.to) or "follows from the rest of the entry"
