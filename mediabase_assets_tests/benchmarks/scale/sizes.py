"""The sizes at which is measured, as people write them: multiples of the real table, and the real table itself.

Here belongs the reading of `1/16,1/4,1,3`; what is done at a size is `measuring.py`.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from mediabase_assets.demo.build import MINIMUM_TRANSCRIPTS, REAL_TRANSCRIPTS

#: Label of the size that is a file.
REAL = "real"


@dataclass(frozen=True)
class Size:
    """One table to measure.

    Attributes:
        label: How it is named in every result: `1/16`, `3`, `real`.
        transcripts: Rows of the demonstration table; 0 for a file, whose rows are counted when it is loaded.
        legacy_from: The file, if it is one.
    """

    label: str
    transcripts: int
    legacy_from: Path | None = None

    @property
    def file_name(self) -> str:
        """The label as part of a file's name.

        >>> Size("1/16", 24_104).file_name
        '1_16'
        """
        return self.label.replace("/", "_")

    @property
    def title(self) -> str:
        """What people read.

        >>> Size("1/16", 24_104).title, Size("real", 0, Path("a.parquet")).title
        ('1/16: 24,104 transcripts', 'real: a.parquet')
        """
        what = self.legacy_from.name if self.legacy_from else f"{self.transcripts:,} transcripts"
        return f"{self.label}: {what}"


def read_sizes(text: str) -> tuple[Size, ...]:
    """Sizes from a list of multiples, separated by commas, in the order in which they are written; `none` for none.

    >>> [(s.label, s.transcripts) for s in read_sizes("1/16, 1")]
    [('1/16', 24104), ('1', 385659)]

    Raises:
        ValueError: Not a number, twice the same, or too small for the demonstration table.
    """
    if text.strip() == "none":
        return ()
    sizes = []
    for label in (part.strip() for part in text.split(",")):
        try:
            transcripts = round(Fraction(label) * REAL_TRANSCRIPTS)
        except (ValueError, ZeroDivisionError):
            raise ValueError(f"{label!r} is no multiple of {REAL_TRANSCRIPTS:,} transcripts; write 1/16, 0.25, 1 or 3.") from None
        if transcripts < MINIMUM_TRANSCRIPTS:
            raise ValueError(f"{label} are {transcripts:,} transcripts; the demonstration table has {MINIMUM_TRANSCRIPTS:,} at least.")
        sizes.append(Size(label, transcripts))
    if len({s.label for s in sizes}) < len(sizes):
        raise ValueError(f"A size is named twice: {text}.")
    return tuple(sizes)
