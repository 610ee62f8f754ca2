"""What a patient's expression data are, as values: roles of columns, scales, kinds of ids, reasons, and what a file and an import give.

Contains values only. Reading files is in `patients/reading`, storing in `patients/storing`, what people ask in `patients/questions`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pyarrow as pa

from mediabase_assets.model.errors import MediabaseError

#: What a patient id is; contract 7.1. It becomes a partition key, which everybody with the UI sees: a pseudonym, never a name.
PATIENT_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{2,99}")
#: Above it a gene is up-regulated, below the other down-regulated (linear fold change; contract 7.2).
UP, DOWN = 2.0, 0.5


class PatientError(MediabaseError):
    """A patient is unknown, has an id that is not allowed, or cannot be changed now."""


class PatientFileError(MediabaseError):
    """A file does not hold expression data that can be read without guessing."""


class MatchRateError(PatientFileError):
    """Too few ids of a file are in the database."""


class Role(StrEnum):
    """What a column of a file holds; the names that `--column ROLE=HEADER` takes."""

    ID = "id"
    LOG2_FOLD_CHANGE = "log2_fold_change"
    LN_FOLD_CHANGE = "ln_fold_change"
    FOLD_CHANGE = "fold_change"
    SIGNED_FOLD_CHANGE = "signed_fold_change"
    P_VALUE = "p_value"
    ADJUSTED_P_VALUE = "adjusted_p_value"
    BASE_MEAN = "base_mean"
    AVERAGE_EXPRESSION = "average_expression"
    STANDARD_ERROR = "standard_error"


class Scale(StrEnum):
    """In what an effect is given. It follows from the header or from an option, never from the size of values."""

    LOG2 = "log2"
    LN = "ln"
    LINEAR = "linear"
    SIGNED_LINEAR = "signed_linear"


class Level(StrEnum):
    """The grain of a file."""

    TRANSCRIPT = "transcript"
    GENE = "gene"


class IdKind(StrEnum):
    """What an id is, as its text shows."""

    ENSEMBL_TRANSCRIPT = "Ensembl transcript"
    ENSEMBL_GENE = "Ensembl gene"
    SYMBOL = "symbol"
    ENTREZ = "Entrez gene"
    REFSEQ = "RefSeq"
    UNIPROT = "UniProt"
    OTHER_SPECIES = "other species"
    SPREADSHEET_DATE = "spreadsheet date"
    UNKNOWN = "unknown"


class NaReason(StrEnum):
    """Why a value is missing or was refused; the first three are DESeq2's meanings of NA."""

    ALL_COUNTS_ZERO = "all counts zero"
    OUTLIER = "outlier"
    LOW_COUNT = "low mean count"
    NO_EFFECT = "no effect given"
    INFINITE = "infinite effect"


class Duplicates(StrEnum):
    """What becomes of several rows of one gene or transcript whose values differ."""

    ERROR = "error"
    BEST_PADJ = "best-padj"
    MEAN = "mean"


@dataclass(frozen=True)
class ReadOptions:
    """What a person says of a file.

    Attributes:
        columns: Headers by role.
        scale: Of the effect column, where its header does not say it.
        contrast: Which of several contrasts or groups.
        sheet: Which sheet of a workbook.
        delimiter: Of the fields; else found.
        decimal: Sign before the decimals; else found.
        id_kind: Kind of the ids, where several fit.
    """

    columns: Mapping[Role, str] = field(default_factory=dict)
    scale: Scale | None = None
    contrast: str | None = None
    sheet: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    id_kind: IdKind | None = None


#: Columns of `Reading.rows`; one row per row of the file that has an id, in the order of the file.
READING_SCHEMA = pa.schema(
    [
        ("row_number", pa.int32()),  # line of data in the file, the first is 1
        ("raw_id", pa.string()),  # as the file has it
        ("id_kind", pa.string()),  # a value of IdKind
        ("lookup_id", pa.string()),  # without version, prefix, blanks: what is compared; _PAR_Y stays
        ("fold_change", pa.float64()),  # linear, over 0
        ("log2_fold_change", pa.float64()),
        ("p_value", pa.float64()),
        ("adjusted_p_value", pa.float64()),
        ("base_mean", pa.float64()),
        ("average_expression", pa.float64()),
        ("standard_error", pa.float64()),  # in units of log2
        ("na_reason", pa.string()),  # a value of NaReason; without an effect never NULL
    ]
)


@dataclass(frozen=True)
class Reading:
    """What a file holds.

    Attributes:
        file_name: Without folders.
        sha256: Of the file's bytes.
        content_hash: Of the rows and what was read from which column: equal for equal content.
        tool: What made the table, as its headers show (DESeq2, edgeR …); empty if unknown.
        level: The grain.
        scale: Of the effect column.
        columns: Headers by role, as found or given.
        contrast: The contrast that was read, if the file holds several.
        form: Delimiter, decimal sign, encoding, compression, sheet, for the report.
        rows: The rows (`READING_SCHEMA`).
        rows_read: Rows of the file below the header.
        notes: Sentences for the report: what was assumed, repaired, left out, and why.
    """

    file_name: str
    sha256: str
    content_hash: str
    tool: str
    level: Level
    scale: Scale
    columns: Mapping[Role, str]
    contrast: str | None
    form: Mapping[str, str]
    rows: pa.Table
    rows_read: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unmatched:
    """Rows whose id no gene or transcript of the database has, for one reason.

    Attributes:
        reason: Why, as a phrase.
        rows: How many.
        examples: A few raw ids with what is known about them (winner, suggestion).
    """

    reason: str
    rows: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class ImportReport:
    """What became of the rows of a file.

    `rows_read` = matched rows + unmatched rows + merged duplicates + rows without an id.

    Attributes:
        patient_id: Whose.
        level: The grain.
        file_name: Of the file.
        tool: What made it.
        scale: Of its effects.
        columns: Headers by role.
        rows_read: Rows below the header.
        stored: Rows stored, one per gene or transcript.
        matched: Rows by how their id was matched (`IdKind` and, for symbols, exact, case, previous or alias, winner).
        unmatched: The others, by reason.
        match_rate: Share of rows with an id that were matched.
        duplicates: Rows merged into another one, by rule.
        na: Rows without a value or refused, by `NaReason`.
        smallest: Smallest linear fold change; None without values.
        median: The median.
        largest: The largest.
        up: Genes or transcripts over `UP`.
        down: Those under `DOWN`.
        inserted: Rows that were not there before.
        updated: Rows whose values differ from before.
        deleted: Rows that are no longer there.
        is_unchanged: Whether nothing was written since the content is as it was.
        notes: Sentences of the reading.
    """

    patient_id: str
    level: Level
    file_name: str
    tool: str
    scale: Scale
    columns: Mapping[str, str]
    rows_read: int
    stored: int
    matched: Mapping[str, int]
    unmatched: tuple[Unmatched, ...]
    match_rate: float
    duplicates: Mapping[str, int]
    na: Mapping[str, int]
    smallest: float | None
    median: float | None
    largest: float | None
    up: int
    down: int
    inserted: int
    updated: int
    deleted: int
    is_unchanged: bool
    notes: tuple[str, ...]


def checked_patient_id(text: str) -> str:
    """The id, if it may be one.

    Raises:
        PatientError: It may not.

    >>> checked_patient_id("HER2-001")
    'HER2-001'
    """
    if PATIENT_ID.fullmatch(text) is None:
        raise PatientError(
            f"{text[:100]!r} is no patient id.",
            where="patient id",
            next_step="Give a pseudonym of 3 to 100 letters, digits, _ and -, the first a letter; it is shown in the UI.",
        )
    return text
