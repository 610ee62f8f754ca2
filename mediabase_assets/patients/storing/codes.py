"""The letters that stand for kinds of ids, ways of matching and reasons in the tables, and the SQL that makes words of them.

Contains values only. A letter never changes its meaning: rows that are stored hold it.
"""

from collections.abc import Mapping

from psycopg import sql

from mediabase_assets.model.patients import IdKind, NaReason

KINDS = {
    "t": IdKind.ENSEMBL_TRANSCRIPT,
    "g": IdKind.ENSEMBL_GENE,
    "s": IdKind.SYMBOL,
    "n": IdKind.ENTREZ,
    "r": IdKind.REFSEQ,
    "u": IdKind.UNIPROT,
    "o": IdKind.OTHER_SPECIES,
    "d": IdKind.SPREADSHEET_DATE,
    "x": IdKind.UNKNOWN,
}
#: How an id was matched. With `v`, the table holds only the version.
MATCHES = {
    "e": "exact",
    "v": "without version",
    "p": "part of the id",
    "c": "other case",
    "a": "previous or alias symbol",
    "w": "winner of a symbol conflict",
    "d": "spreadsheet date",
    "x": "cross reference",
}
NA_REASONS = {
    "z": NaReason.ALL_COUNTS_ZERO,
    "o": NaReason.OUTLIER,
    "l": NaReason.LOW_COUNT,
    "n": NaReason.NO_EFFECT,
    "i": NaReason.INFINITE,
}
#: Why an id was not matched.
REASONS = {
    "o": "other species",
    "r": "retired, or of another Ensembl release",
    "q": "quarantined",
    "m": "several genes fit",
    "t": "possibly mistyped",
    "y": "copy on chromosome Y",
    "l": "id of the other level",
    "d": "spreadsheet date that several symbols fit",
    "u": "unknown",
}


def words(codes: Mapping[str, str]) -> sql.Composed:
    """The branches of a `case letter … end`.

    >>> words({"z": "all counts zero"}).as_string()
    "when 'z' then 'all counts zero'"
    """
    return sql.SQL(" ").join(
        sql.SQL("when {} then {}").format(sql.Literal(letter), sql.Literal(str(word))) for letter, word in codes.items()
    )
