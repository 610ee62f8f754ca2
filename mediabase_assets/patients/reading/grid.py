"""A table as a file has it: headers and columns of text, not yet understood.

Contains the value that the readers of text, workbooks and Parquet give, and the bounds that they keep. What the columns mean
is decided in `roles`.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from mediabase_assets.model.patients import PatientFileError
from mediabase_assets.model.quantities import counted

#: Bytes of a file, and of what it holds uncompressed, unless the settings say otherwise.
MAXIMUM_BYTES = 512 * 1024 * 1024
MAXIMUM_COLUMNS = 1_000
#: Bytes of one line.
MAXIMUM_LINE = 1024 * 1024


@dataclass(frozen=True)
class Grid:
    """A table of text.

    Attributes:
        headers: As the file has them, blanks at the ends removed; empty where there is none.
        columns: As many string columns, of equal length; NULL is an empty cell or `NA`.
        form: Delimiter, sheet and the like, for the report.
        notes: What was assumed about the form.
        has_header: Whether the headers are the file's.
    """

    headers: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    form: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    has_header: bool = True

    @property
    def height(self) -> int:
        """Rows below the header."""
        return len(self.columns[0]) if self.columns else 0

    def name(self, index: int) -> str:
        """What a column is called in messages and in `--column`: its header, or its number where that is empty or not the only one.

        >>> grid = Grid(("", "FC", "FC"), ())
        >>> [grid.name(index) for index in range(3)]
        ['column 1', 'FC (column 2)', 'FC (column 3)']
        """
        header = self.headers[index]
        if not header:
            return f"column {index + 1}"
        return f"{header} (column {index + 1})" if self.headers.count(header) > 1 else header

    def find(self, wanted: str) -> int:
        """Index of the column that a person means by its header (case, blanks, `_`, `.` ignored where needed) or its number.

        Raises:
            PatientFileError: No column or several have that header.
        """
        names = [self.name(index) for index in range(len(self.headers))]
        numbered = [f"column {index + 1}" for index in range(len(self.headers))]
        for known in (names, list(self.headers), [plain(name) for name in self.headers], numbered):
            key = plain(wanted) if known and known == [plain(name) for name in self.headers] else wanted.strip()
            found = [index for index, name in enumerate(known) if name and name == key]
            if len(found) == 1:
                return found[0]
            if found:
                raise PatientFileError(
                    f"{counted(len(found), 'column is', 'columns are')} called {wanted!r}.",
                    where="header",
                    next_step=f"Give the number: {', '.join(names[index] for index in found)} (as `column {found[0] + 1}`).",
                )
        raise PatientFileError(f"The file has no column {wanted!r}.", where="header", next_step=f"It has: {self.listing()}.")

    def listing(self, indices: list[int] | None = None, limit: int = 40) -> str:
        """Names of columns for a message, not more than `limit`."""
        chosen = range(len(self.headers)) if indices is None else indices
        names = [self.name(index)[:80] for index in chosen]
        return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")


def words(text: str) -> frozenset[str]:
    """The words of a text, for lists of headers."""
    return frozenset(text.split())


def plain(header: str) -> str:
    """A header without what does not matter: case, blanks, `_`, `.`, `-`, brackets.

    >>> plain("P.Value") == plain("p_value") == plain(" P value")
    True
    """
    return "".join(sign for sign in unicodedata.normalize("NFKC", header).casefold() if sign.isalnum())
